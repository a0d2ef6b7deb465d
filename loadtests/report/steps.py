"""Figures of every kind of step, and of what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from loadtests.report.columns import Floats, Numbers, Steps
from loadtests.report.percentiles import Spread, percentile, spread
from loadtests.report.run import Run
from loadtests.report.timeline import Timeline

SESSION, OPEN, SEAT, ROOM = "session", "open", "seat", "waiting room"
"""Names of steps that mean something to the report; all others are a scenario's own."""

PLACE = "place"
"""What a waiting visitor is told, in fleet.csv."""


@dataclass(frozen=True)
class StepFigures(Spread):
    """One kind of step: how long it took (s) where it succeeded, how many there were, failed ones, bytes received."""

    count: int = 0
    errors: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Point:
    """Steps of one kind that began in one interval: ``at`` in seconds since the run began, durations (s)."""

    at: float
    count: int
    errors: int
    p50: float | None
    p95: float | None
    max: float | None


@dataclass(frozen=True)
class Failure:
    """Steps of one kind that failed in the same way."""

    step: str
    error: str
    count: int


@dataclass(frozen=True)
class Errors:
    """All steps that failed. ``kinds`` has those that occurred most first."""

    count: int
    kinds: tuple[Failure, ...]


@dataclass(frozen=True)
class Sessions:
    """Pages that were opened, and those whose session ended though nobody had left, with how often for which reason.

    ``opened`` counts sessions whose end was recorded, or pages that opened where those are more.
    """

    opened: int
    lost: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Seats(Spread):
    """Time to a seat (s): from the request until the page came.

    ``waited`` counts visits to the waiting room, ``place`` is the last place in the
    queue that anybody was told there, 0 if nobody was.
    """

    count: int = 0
    errors: int = 0
    waited: int = 0
    place: int = 0


def figures(steps: Steps) -> dict[str, StepFigures]:
    """Return the figures of every kind of step but ``session``, in the order in which they first occurred."""
    return {name: _figures(steps, rows) for name, rows in _by_name(steps) if name != SESSION}


def over_time(steps: Steps, timeline: Timeline) -> dict[str, tuple[Point, ...]]:
    """Return the figures of every kind of step by interval; intervals in which none began are left out."""
    return {name: tuple(_points(steps, rows, timeline)) for name, rows in _by_name(steps) if name != SESSION}


def errors(steps: Steps) -> Errors:
    """Return what went wrong: every step that failed, and every session that was lost."""
    failed = np.flatnonzero(steps.error)
    pairs, counts = np.unique(np.stack([steps.name[failed], steps.error[failed]]), axis=1, return_counts=True)
    kinds = [
        Failure(steps.names[name], steps.errors[error], int(count))
        for (name, error), count in zip(pairs.T, counts, strict=True)
    ]
    return Errors(failed.size, tuple(sorted(kinds, key=lambda kind: -kind.count)))


def sessions(steps: Steps) -> Sessions:
    """Return how many pages were opened, and which were lost."""
    ends = steps.named(SESSION)
    opened = max(int(ends.sum()), int((steps.named(OPEN) & (steps.error == 0)).sum()))
    codes, counts = np.unique(steps.error[ends & (steps.error > 0)], return_counts=True)
    reasons = {steps.errors[code]: int(count) for code, count in zip(codes, counts, strict=True)}
    return Sessions(opened, sum(reasons.values()), dict(sorted(reasons.items(), key=lambda item: -item[1])))


def seats(run: Run) -> Seats:
    """Return how long it took to get a seat."""
    steps = run.steps
    mine = steps.named(SEAT)
    well = mine & (steps.error == 0)
    counts = {"count": int(mine.sum()), "errors": int((mine & ~well).sum()), "waited": int(steps.named(ROOM).sum())}
    told = [int(series.value.max()) for (_, what), series in run.fleet.items() if what == PLACE]
    return Seats(**vars(spread(steps.seconds[well])), **counts, place=max(told, default=0))


def visits(run: Run) -> Floats:
    """Return when pages were opened (s since the epoch), in order."""
    rows = run.steps.named(OPEN) & (run.steps.error == 0)
    return np.sort(run.steps.end[rows])


def _by_name(steps: Steps) -> Iterator[tuple[str, Numbers]]:
    order = np.argsort(steps.name, kind="stable")
    numbers, begins = np.unique(steps.name[order], return_index=True)
    for number, rows in zip(numbers, np.split(order, begins[1:]), strict=True):
        yield steps.names[number], rows


def _figures(steps: Steps, rows: Numbers) -> StepFigures:
    well = rows[steps.error[rows] == 0]
    return StepFigures(
        **vars(spread(steps.seconds[well])),
        count=rows.size,
        errors=rows.size - well.size,
        bytes=int(steps.size[rows].sum()),
    )


def _points(steps: Steps, rows: Numbers, timeline: Timeline) -> Iterator[Point]:
    numbers = timeline.numbers(steps.at[rows])
    order = np.lexsort((steps.seconds[rows], numbers))
    intervals, begins = np.unique(numbers[order], return_index=True)
    for interval, part in zip(intervals, np.split(rows[order], begins[1:]), strict=True):
        well = part[steps.error[part] == 0]
        values = [percentile(steps.seconds[well], percent) for percent in (50, 95, 100)] if well.size else [None] * 3
        yield Point(timeline.begin(int(interval)), part.size, part.size - well.size, *values)
