"""Berth: a Panel process of their own for every visitor.

For dashboards: ``berth.run(function, …)`` starts a job, in which
``berth.report_progress(fraction, text)`` says how far it is, and
``berth.JobView(job)`` shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from berth.errors import JobCancelled as JobCancelled
    from berth.errors import JobFailed as JobFailed
    from berth.jobs.job import Job as Job
    from berth.jobs.job import run as run
    from berth.jobs.progress import report_progress as report_progress
    from berth.jobs.view import JobView as JobView

__version__ = "0.1.0"

_FOR_DASHBOARDS = {
    "Job": "berth.jobs.job",
    "JobCancelled": "berth.errors",
    "JobFailed": "berth.errors",
    "JobView": "berth.jobs.view",
    "report_progress": "berth.jobs.progress",
    "run": "berth.jobs.job",
}


def __getattr__(name: str) -> Any:
    """Import what dashboards use when they use it: the other roles stay without Panel."""
    from importlib import import_module

    if name not in _FOR_DASHBOARDS:
        raise AttributeError(f"module 'berth' has no attribute {name!r}")
    return getattr(import_module(_FOR_DASHBOARDS[name]), name)
