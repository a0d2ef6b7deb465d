"""How long tasks overlap those of other visitors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from loadtests.report.columns import Floats, Numbers


class Blocks:
    """The time that is covered by any of some intervals."""

    def __init__(self, starts: Floats, ends: Floats) -> None:
        order = np.argsort(starts)
        begins, reach = starts[order], np.maximum.accumulate(ends[order])
        first = np.ones(begins.size, np.bool_)
        first[1:] = begins[1:] > reach[:-1]
        self.starts = begins[first]
        self.ends = reach[np.roll(first, -1)]
        self._before = np.concatenate([[0.0], np.cumsum(self.ends - self.starts)])

    def overlap(self, starts: Floats, ends: Floats) -> Floats:
        """Return for how long (s) each of these intervals is covered; exactly 0 where it is not at all."""
        if not self.starts.size:
            return np.zeros(starts.size)
        return self._covered(ends) - self._covered(starts)

    def _covered(self, times: Floats) -> Floats:
        """Return how much time is covered up to each."""
        last = np.searchsorted(self.starts, times, "right") - 1
        within = np.minimum(times, self.ends[last]) - self.starts[last]
        covered: Floats = np.where(last < 0, 0.0, self._before[last] + within)
        return covered


@dataclass(frozen=True)
class Tasks:
    """Intervals, and whose each is."""

    starts: Floats
    ends: Floats
    visitors: Numbers

    def overlap_of_others(self, tasks: Tasks) -> Floats:
        """Return for how long (s) each of ``tasks`` overlaps any of these of another visitor."""
        overlap = Blocks(self.starts, self.ends).overlap(tasks.starts, tasks.ends)
        ordered = self._ordered()
        reach = np.maximum.accumulate(ordered.ends)
        # All others have none of their own to leave out.
        for visitor, mine in tasks.of_those_in(self.visitors):
            low = np.searchsorted(reach, tasks.starts[mine].min(), "left")
            high = np.searchsorted(ordered.starts, tasks.ends[mine].max(), "right")
            others = np.flatnonzero(ordered.visitors[low:high] != visitor) + low
            blocks = Blocks(ordered.starts[others], ordered.ends[others])
            overlap[mine] = blocks.overlap(tasks.starts[mine], tasks.ends[mine])
        return overlap

    def of_those_in(self, visitors: Numbers) -> Iterator[tuple[int, Numbers]]:
        """Yield each of these visitors who has tasks, and the places of these."""
        order = np.argsort(self.visitors, kind="stable")
        present = self.visitors[order]
        for visitor in np.intersect1d(present, visitors):
            low, high = np.searchsorted(present, [visitor, visitor + 1])
            yield int(visitor), order[low:high]

    def _ordered(self) -> Tasks:
        order = np.argsort(self.starts)
        return Tasks(self.starts[order], self.ends[order], self.visitors[order])
