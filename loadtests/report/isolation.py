"""Whether anybody waited for anybody else: quick tasks beside a heavy one of another visitor, and alone.

A quick task is *alone* if it overlaps no heavy task of anybody, and *beside*
if it overlaps heavy tasks of other visitors, taken together, for at least half
of the median that tasks of its step take alone; if it was shorter than that
half itself, any overlap will do. What is neither (it only touched a heavy
task, or overlapped one of its own visitor) does not count. Each task's ratio
is its duration ÷ the median of those of the same step that were alone. Tasks
that failed have no ratio: they are counted, and a heavy task that failed was
one nevertheless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from loadtests.report.bins import Bin, bins
from loadtests.report.columns import HEAVY, QUICK, Floats, Numbers, Steps
from loadtests.report.overlap import Blocks, Tasks
from loadtests.report.percentiles import percentile

NOTICED, RATIO = 0.15, 0.1
"""Seconds, and part of the median alone, by which a task must exceed the 95th percentile alone to have waited.

What people notice, and of long tasks more than chance.
"""


@dataclass(frozen=True)
class Pace:
    """Quick tasks of one step: medians (s) alone and beside a heavy task, how many there were, and beside ÷ alone."""

    alone: float
    beside: float
    ratio: float
    tasks_alone: int
    tasks_beside: int


@dataclass(frozen=True)
class Isolation:
    """Quick tasks beside heavy ones of other visitors.

    ``median``, ``p95`` and ``largest`` are ratios to the median alone, None where
    there is nothing to compare, and ``reason`` then says why. ``alone`` and
    ``beside`` count tasks that succeeded, ``failed`` those beside that did not,
    ``waited`` those beside, failed ones included, that took noticeably longer than
    alone, ``share`` is the same as a part of all beside, and ``wait`` is the most by
    which one took longer than the median alone (s).
    """

    median: float | None = None
    p95: float | None = None
    largest: float | None = None
    alone: int = 0
    beside: int = 0
    failed: int = 0
    waited: int = 0
    share: float | None = None
    wait: float | None = None
    reason: str = ""
    steps: Mapping[str, Pace] = field(default_factory=dict)
    bins: tuple[Bin, ...] = ()


@dataclass(frozen=True)
class _Step:
    """Quick tasks of one step: ordered durations of those alone, and of those beside, failed ones apart."""

    name: str
    alone: Floats
    beside: Floats
    failed: Floats

    @property
    def median(self) -> float:
        return percentile(self.alone, 50)

    @property
    def limit(self) -> float:
        return percentile(self.alone, 95) + max(NOTICED, RATIO * self.median)

    @property
    def pace(self) -> Pace:
        beside = percentile(self.beside, 50)
        return Pace(self.median, beside, beside / self.median, self.alone.size, self.beside.size)

    @property
    def waited(self) -> int:
        return int((self.beside > self.limit).sum() + (self.failed > self.limit).sum())


def isolation(steps: Steps) -> Isolation:
    """Compare quick tasks beside heavy ones with those alone."""
    quick = np.flatnonzero((steps.work == QUICK) & (steps.seconds > 0))
    heavy = np.flatnonzero(steps.work == HEAVY)
    if not quick.size:
        return Isolation(reason="no step of this run measured a quick task")
    if not heavy.size:
        return Isolation(reason="nobody did a heavy task")
    found = list(_found(steps, quick, heavy))
    both = [one for one in found if one.alone.size and one.beside.size]
    return _compared(both) if both else _nothing(found)


def _found(steps: Steps, quick: Numbers, heavy: Numbers) -> list[_Step]:
    tasks, heavies = (Tasks(steps.at[rows], steps.end[rows], steps.visitor[rows]) for rows in (quick, heavy))
    alone = Blocks(heavies.starts, heavies.ends).overlap(tasks.starts, tasks.ends) == 0
    others = heavies.overlap_of_others(tasks)
    return [_step(steps, quick, number, alone, others) for number in np.unique(steps.name[quick])]


def _step(steps: Steps, quick: Numbers, number: int, alone: NDArray[np.bool_], others: Floats) -> _Step:
    mine = steps.name[quick] == number
    well = steps.error[quick] == 0
    seconds = steps.seconds[quick]
    calm = np.sort(seconds[mine & well & alone])
    half = percentile(calm, 50) / 2 if calm.size else 0.0
    beside = mine & (others > 0) & ((others >= half) | (seconds < half))
    return _Step(steps.names[number], calm, np.sort(seconds[beside & well]), np.sort(seconds[beside & ~well]))


def _compared(found: list[_Step]) -> Isolation:
    alone = np.concatenate([one.alone / one.median for one in found])
    beside = np.sort(np.concatenate([one.beside / one.median for one in found]))
    failed, waited = sum(one.failed.size for one in found), sum(one.waited for one in found)
    return Isolation(
        median=percentile(beside, 50),
        p95=percentile(beside, 95),
        largest=percentile(beside, 100),
        alone=alone.size,
        beside=beside.size,
        failed=failed,
        waited=waited,
        share=waited / (beside.size + failed),
        wait=max(float(one.beside[-1]) - one.median for one in found),
        steps={one.name: one.pace for one in found},
        bins=bins(alone, beside),
    )


def _nothing(found: list[_Step]) -> Isolation:
    """Say why no step has tasks of both kinds."""
    alone, beside = sum(one.alone.size for one in found), sum(one.beside.size for one in found)
    failed = sum(one.failed.size for one in found)
    if failed and not beside:
        reason = "every quick task beside a heavy one of somebody else failed"
    elif not beside:
        reason = "no quick task that succeeded met a heavy one of somebody else"
    elif not alone:
        reason = "every quick task met a heavy one, so that there is none alone to compare with"
    else:
        reason = "no step has quick tasks both alone and beside a heavy one"
    return Isolation(alone=alone, beside=beside, failed=failed, reason=reason)
