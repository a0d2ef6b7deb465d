"""Write the report of a run, or of several side by side, and say by the exit code what came of it.

Usage: ``python -m loadtests.report RUN [RUN …] [--thresholds FILE] [--to FOLDER]``.
One run gets ``report.html``, ``report.md`` and ``summary.json``; several get
``comparison.html`` and ``comparison.md`` beside each run's own report. Exit
codes: 0 all is kept, 1 a threshold was missed, 2 bad input, 3 the client was
the bottleneck, so that the figures cannot be believed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from berth.errors import ConfigurationError
from loadtests.report import comparison, content, html, markdown
from loadtests.report import thresholds as bounds
from loadtests.report.comparison import Named
from loadtests.report.figures import Summary, summary
from loadtests.report.page import Page
from loadtests.report.plots import plots
from loadtests.report.run import Run
from loadtests.report.thresholds import Outcome, Threshold

KEPT, MISSED, BAD_INPUT, BOTTLENECK = 0, 1, 2, 3
"""Exit codes."""


def write(folder: Path, thresholds: Path | None = None, to: Path | None = None) -> int:
    """Write the report of the run in ``folder`` there, or to another folder, print its head, return the exit code.

    What is wrong with the input is said on standard error, and nothing is raised.
    """
    return _said(lambda: _write(folder, _bounds(thresholds), to or folder))


def compare(folders: Sequence[Path], to: Path, thresholds: Path | None = None) -> int:
    """Write each run's own report to its folder, and to ``to`` the comparison of all; return the exit code.

    The thresholds are for all runs but the first, which is what the others are compared with.
    """
    return _said(lambda: _compare(folders, _bounds(thresholds), to))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit code."""
    given = _parser().parse_args(arguments)
    if len(given.runs) == 1:
        return write(given.runs[0], given.thresholds, given.to)
    return compare(given.runs, given.to or given.runs[-1], given.thresholds)


def _said(work: Callable[[], int]) -> int:
    try:
        return work()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        sys.stderr.write(f"The report cannot be written: {error.strerror}: {error.filename}.\n")
    return BAD_INPUT


def _write(folder: Path, thresholds: Sequence[Threshold], to: Path) -> int:
    found = summary(Run.read(folder))
    outcomes = _checked(found, thresholds)
    _leave(_report(found, outcomes, to), to / "report.html")
    return _code([found], outcomes)


def _compare(folders: Sequence[Path], thresholds: Sequence[Threshold], to: Path) -> int:
    summaries = [summary(Run.read(folder)) for folder in folders]
    outcomes = [(), *(_checked(one, thresholds) for one in summaries[1:])]
    for folder, one, came in zip(folders, summaries, outcomes, strict=True):
        _report(one, came, folder)
    runs = [Named(*each) for each in zip(comparison.names(summaries), summaries, outcomes, strict=True)]
    _leave(_written(comparison.page(runs), to, "comparison"), to / "comparison.html")
    return _code(summaries, [outcome for came in outcomes for outcome in came])


def _report(found: Summary, outcomes: Sequence[Outcome], to: Path) -> Page:
    page = _written(content.page(found, outcomes, plots(found)), to, "report")
    found.write(to / "summary.json")
    return page


def _written(page: Page, to: Path, name: str) -> Page:
    to.mkdir(parents=True, exist_ok=True)
    (to / f"{name}.html").write_text(html.render(page), encoding="utf-8")
    (to / f"{name}.md").write_text(markdown.render(page), encoding="utf-8")
    return page


def _leave(page: Page, file: Path) -> None:
    """Print what the report begins with, and where the rest is."""
    sys.stdout.write(f"{markdown.head(page)}\n\nReport: {file}\n")


def _bounds(file: Path | None) -> tuple[Threshold, ...]:
    return bounds.read(file) if file else ()


def _checked(found: Summary, thresholds: Sequence[Threshold]) -> tuple[Outcome, ...]:
    return tuple(threshold.check(found) for threshold in thresholds)


def _code(summaries: Sequence[Summary], outcomes: Sequence[Outcome]) -> int:
    if any(one.client.bottleneck for one in summaries):
        return BOTTLENECK
    return KEPT if all(outcome.kept for outcome in outcomes) else MISSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.report",
        description="Say whether anybody waited for anybody else in a load test, or in several side by side.",
        epilog="Exit codes: 0 all kept, 1 a threshold missed, 2 bad input, 3 the client was the bottleneck.",
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder of a run; the first is compared with")
    parser.add_argument("--thresholds", type=Path, metavar="FILE", help="TOML file of what figures may be at most")
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="where to write (the run's own folder, or the last's)"
    )
    return parser
