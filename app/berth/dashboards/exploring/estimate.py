"""Confidence intervals of the groups that are looked at, computed in a job while the page stays usable."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import panel as pn

import berth
from berth.dashboards.exploring import look, texts
from berth.dashboards.exploring.bootstrap import STATISTICS, intervals
from berth.dashboards.exploring.controls import SHARED
from berth.dashboards.exploring.view import View

RESAMPLES = (1_000, 2_000, 5_000, 10_000)


class Estimate:
    """The widgets that start a job, the job, and what jobs of this session have found."""

    def __init__(self, found: Callable[[], None]) -> None:
        self.resamples = pn.widgets.Select(
            label="Resamples", options={f"{number:,}": number for number in RESAMPLES}, value=RESAMPLES[-1], **SHARED
        )
        self.start = pn.widgets.Button(label="Compute intervals", color="primary", on_click=self._start, **SHARED)
        self.said = look.text()
        self.progress = look.job_view()
        self._view: View | None = None
        self._found = found
        self._known: dict[tuple[object, ...], tuple[int, pd.DataFrame]] = {}

    def show(self, view: View) -> pd.DataFrame:
        """Follow `view`; return its intervals: `low` and `high` by group, without rows if they are not known."""
        self._view = view
        resamples, known = self._known.get(view.key, (None, pd.DataFrame({"low": [], "high": []}, dtype="float64")))
        self.said.text = texts.intervals(view, resamples)
        self._permit()
        return known

    def _permit(self) -> None:
        running = self.progress.job is not None and not self.progress.job.finished
        self.start.disabled = running or self._view is None or self._view["stat"] not in STATISTICS

    async def _start(self, _event: Any) -> None:
        view, resamples = self._view, self.resamples.value
        rows = view.rows() if view else ()
        if view is None or not len(rows):
            return
        groups, keys = pd.factorize(rows[view["by"]], sort=True)
        values = rows[view["measure"]].to_numpy("float64")
        job = berth.run(intervals, values, groups, view["stat"], resamples)
        job.name = f"Intervals: {texts.question(view)}"
        self.progress.job = job
        self._permit()
        try:
            bounds = await job
        except (berth.JobFailed, berth.JobCancelled):
            return  # the view of the job says it
        finally:
            self._permit()
        known = pd.DataFrame(bounds, index=list(keys), columns=["low", "high"])
        # After an await nothing holds the document's lock, which Bokeh's own models need.
        pn.state.execute(partial(self._keep, view, resamples, known), schedule=True)

    def _keep(self, view: View, resamples: int, known: pd.DataFrame) -> None:
        self._known[view.key] = resamples, known
        self.progress.job = None
        self._found()
