"""How ratios are distributed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadtests.report.columns import Floats
from loadtests.report.percentiles import percentile

MOST = 40
"""Bins at most."""

WIDTHS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)


@dataclass(frozen=True)
class Bin:
    """How many ratios from ``low`` up to but not including ``high`` there were; the last bin has all above, too."""

    low: float
    high: float
    alone: int
    beside: int


def bins(alone: Floats, beside: Floats) -> tuple[Bin, ...]:
    """Count both in the same bins, from 0 to beyond nearly all (the 99th percentiles).

    They are equally wide but for the first, which is half: so 1 is in the middle of one, not on an edge.
    """
    most = max(2.0, *(percentile(np.sort(ratios), 99) for ratios in (alone, beside)))
    width = next((width for width in WIDTHS if most / width < MOST), most / (MOST - 1))
    count = int(most / width + 0.5) + 1
    counts = [_counts(ratios, width, count) for ratios in (alone, beside)]
    return tuple(
        Bin(round(max(0.0, number - 0.5) * width, 6), round((number + 0.5) * width, 6), *both)
        for number, both in enumerate(zip(*counts, strict=True))
    )


def _counts(ratios: Floats, width: float, count: int) -> list[int]:
    # A ratio on an edge is in the upper bin, whatever the division leaves of it.
    numbers = np.minimum(np.floor(ratios / width + 0.5 + 1e-9).astype(np.int64), count - 1)
    return [int(number) for number in np.bincount(numbers, minlength=count)]
