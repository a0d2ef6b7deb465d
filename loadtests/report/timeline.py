"""A run's time in intervals of equal length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadtests.report.columns import Floats, Numbers, Series
from loadtests.report.run import Run

MOST = 120
"""Intervals at most, so that a run of hours makes no larger report than one of minutes."""

LENGTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


@dataclass(frozen=True)
class Timeline:
    """``count`` intervals of ``length`` seconds since ``began`` (s since the epoch)."""

    began: float
    length: float
    count: int

    @classmethod
    def of(cls, run: Run) -> Timeline:
        """Return intervals for a run, of a round length."""
        began = min(run.about.began, float(run.steps.at.min()))
        seconds = max(run.ended, float(run.steps.at.max())) - began
        length = next((length for length in LENGTHS if seconds / length < MOST), seconds / (MOST - 1))
        return cls(began, length, int(seconds / length) + 1)

    def numbers(self, at: Floats) -> Numbers:
        """Return the number of the interval of each time; what is outside is in the first or the last."""
        numbers: Numbers = np.clip((at - self.began) / self.length, 0, self.count - 1).astype(np.int64)
        return numbers

    def begin(self, number: int) -> float:
        """Return when an interval begins, in seconds since the run began."""
        return number * self.length

    def largest(self, series: Series) -> tuple[float | None, ...]:
        """Return the largest value in each interval, None where there is none."""
        numbers = self.numbers(series.at)
        most = np.full(self.count, -np.inf)
        np.maximum.at(most, numbers, series.value)
        return tuple(None if value == -np.inf else float(value) for value in most)
