"""What served: replicas and seats, memory and processor by role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from loadtests.report.columns import Floats, Series
from loadtests.report.run import Run
from loadtests.report.steps import visits

FLEET = "fleet"
MEMORY, CPU, TAKEN = "memory", "cpu", "taken"
"""Source and names in fleet.csv."""

BEGINNING = 2.0
"""Seconds since the first sample: what is first heard of a role later began with nothing."""

LEAST_VISITS = 100
"""Visits without which no growth is told: of fewer, 1,000 cannot be foretold."""

WARM = 0.2
"""Part of the visits before which growth is not looked at: what is loaded or filled once is no leak."""


@dataclass(frozen=True)
class Level:
    """A number that went up and down: the most, the mean of the samples, and the last."""

    most: float
    mean: float
    end: float


@dataclass(frozen=True)
class Fleet:
    """What the operations ports told. All are None where nobody asked them."""

    replicas: Level | None = None
    berths: Level | None = None
    spares: Level | None = None
    seats: Level | None = None
    taken: Level | None = None
    waiting: Level | None = None


@dataclass(frozen=True)
class Role:
    """The processes of one role.

    Memory in MiB: at the start, the most, at the end, and ``growth`` for 1,000
    visits (each page that opened is one): the slope of a line through the samples
    after the first fifth of the visits, None for fewer than 100 visits. ``cpu`` in
    cores: the mean and the most.
    """

    start: float | None = None
    peak: float | None = None
    end: float | None = None
    growth: float | None = None
    cpu: float | None = None
    cpu_peak: float | None = None


@dataclass(frozen=True)
class Memory:
    """Memory of all roles together (MiB).

    ``visitors`` were there at the peak: the seats taken then, or the pages open
    where seats were not watched. ``per_visitor`` is (peak - start) ÷ visitors.
    """

    start: float | None = None
    peak: float | None = None
    end: float | None = None
    visitors: float | None = None
    per_visitor: float | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)


def fleet(run: Run) -> Fleet:
    """Return the levels of what was told about the fleet."""
    names = Fleet.__dataclass_fields__
    return Fleet(
        **{what: _level(series) for (source, what), series in run.fleet.items() if source == FLEET and what in names}
    )


def memory(run: Run) -> Memory:
    """Return the memory of all roles, and of each its memory and processor."""
    opened = visits(run)
    names = [source for source, what in run.fleet if source != FLEET and what in (MEMORY, CPU)]
    roles = {name: _role(run, name, opened) for name in dict.fromkeys(names)}
    series = used(run)
    if not series:
        return Memory(roles=roles)
    at, total = _total(list(series.values()))
    start, peak = sum(_start(one, at[0]) for one in series.values()), float(total.max())
    visitors = _present(run, float(at[total.argmax()]))
    per_visitor = (peak - start) / visitors if visitors else None
    return Memory(start, peak, float(total[-1]), visitors, per_visitor, roles)


def used(run: Run) -> dict[str, Series]:
    """Return the memory of every role over time (MiB)."""
    return {source: series for (source, what), series in run.fleet.items() if source != FLEET and what == MEMORY}


def _level(series: Series) -> Level:
    return Level(float(series.value.max()), float(series.value.mean()), float(series.value[-1]))


def _role(run: Run, name: str, opened: Floats) -> Role:
    held, cores = run.fleet.get((name, MEMORY)), run.fleet.get((name, CPU))
    figures: dict[str, float | None] = {}
    if held:
        level = _level(held)
        figures |= {
            "start": float(held.value[0]),
            "peak": level.most,
            "end": level.end,
            "growth": _growth(held, opened),
        }
    if cores:
        level = _level(cores)
        figures |= {"cpu": level.mean, "cpu_peak": level.most}
    return Role(**figures)


def _growth(held: Series, opened: Floats) -> float | None:
    if opened.size < LEAST_VISITS:
        return None
    before = np.searchsorted(opened, held.at, "right")
    warm = before >= WARM * opened.size
    visits, values = before[warm] / 1000, held.value[warm]
    if np.unique(visits).size < 2:
        return None
    away = visits - visits.mean()
    return float((away * values).sum() / (away**2).sum())


def _total(series: list[Series]) -> tuple[Floats, Floats]:
    """Return all times at which any was measured, and the sum at each of what was last measured of every one."""
    at = np.unique(np.concatenate([one.at for one in series]))
    total = np.zeros(at.size)
    for one in series:
        last = np.searchsorted(one.at, at, "right") - 1
        total += np.where(last < 0, 0.0, one.value[last])
    return at, total


def _start(series: Series, began: float) -> float:
    return float(series.value[0]) if series.at[0] <= began + BEGINNING else 0.0


def _present(run: Run, at: float) -> float | None:
    """Return how many visitors were there then."""
    taken = run.fleet.get((FLEET, TAKEN))
    if taken:
        return _last(taken, at)
    if not run.client.at.size:
        return None
    workers = [run.client.worker == number for number in range(len(run.client.workers))]
    return sum(_last(Series(run.client.at[mine], run.client.sessions[mine]), at) for mine in workers)


def _last(series: Series, at: float) -> float:
    """Return the value that was measured last before ``at``, or just after where there is none."""
    return float(series.value[max(0, int(np.searchsorted(series.at, at, "right")) - 1)])
