"""The summary of a run: all figures, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loadtests.report import fleet as fleets
from loadtests.report import steps as kinds
from loadtests.report.about import About
from loadtests.report.client import ClientFigures, client
from loadtests.report.fleet import FLEET, Fleet, Memory
from loadtests.report.isolation import Isolation, isolation
from loadtests.report.run import Run
from loadtests.report.steps import Errors, Point, Seats, Sessions, StepFigures
from loadtests.report.timeline import Timeline

DIGITS = 6
"""Digits behind the point in summary.json."""


@dataclass(frozen=True)
class OverTime:
    """What changed while the run went on, in intervals of ``interval`` seconds.

    Of the fleet and of each role's memory (MiB) the largest value in each interval, None where nothing was measured.
    """

    interval: float
    steps: Mapping[str, tuple[Point, ...]]
    fleet: Mapping[str, tuple[float | None, ...]]
    memory: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True)
class Summary:
    """All figures of a run. ``seconds`` is its length; ``cut`` tells that its end is missing."""

    run: About
    seconds: float
    cut: bool
    isolation: Isolation
    steps: Mapping[str, StepFigures]
    seat: Seats
    sessions: Sessions
    errors: Errors
    fleet: Fleet
    memory: Memory
    client: ClientFigures
    over_time: OverTime

    def write(self, path: Path) -> None:
        """Write it as JSON, with the names that it has here."""
        text = json.dumps(_rounded(asdict(self)), ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")


def summary(run: Run) -> Summary:
    """Return all figures of a run."""
    timeline = Timeline.of(run)
    return Summary(
        run=run.about,
        seconds=max(0.0, run.ended - run.about.began),
        cut=run.cut,
        isolation=isolation(run.steps),
        steps=kinds.figures(run.steps),
        seat=kinds.seats(run),
        sessions=kinds.sessions(run.steps),
        errors=kinds.errors(run.steps),
        fleet=fleets.fleet(run),
        memory=fleets.memory(run),
        client=client(run),
        over_time=_over_time(run, timeline),
    )


def _over_time(run: Run, timeline: Timeline) -> OverTime:
    levels = {what: series for (source, what), series in run.fleet.items() if source == FLEET}
    return OverTime(
        interval=timeline.length,
        steps=kinds.over_time(run.steps, timeline),
        fleet={what: timeline.largest(series) for what, series in levels.items()},
        memory={role: timeline.largest(series) for role, series in fleets.used(run).items()},
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
