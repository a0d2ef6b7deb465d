"""Overlap with tasks of others, against a sum over short slices of time."""

from __future__ import annotations

import numpy as np
import pytest

from loadtests.report.columns import Floats
from loadtests.report.overlap import Blocks, Tasks


def tasks(random: np.random.Generator, count: int) -> Tasks:
    """Tasks of five visitors, which begin and end at whole numbers."""
    starts = random.integers(0, 200, count).astype(float)
    return Tasks(starts, starts + random.integers(0, 20, count), random.integers(0, 5, count))


def counted(one: float, end: float, visitor: int, others: Tasks) -> float:
    """Count the whole seconds from ``one`` to ``end`` in which any other visitor has a task."""
    theirs = others.visitors != visitor
    return sum(bool((theirs & (others.starts <= at) & (others.ends > at)).any()) for at in range(int(one), int(end)))


@pytest.mark.parametrize("seed", range(20))
def test_overlap_with_others_is_what_counting_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    mine, others = tasks(random, 50), tasks(random, 15)
    expected = [counted(*each, others) for each in zip(mine.starts, mine.ends, mine.visitors, strict=True)]
    assert list(others.overlap_of_others(mine)) == expected


def test_no_blocks_cover_nothing() -> None:
    none: Floats = np.empty(0)
    assert list(Blocks(none, none).overlap(np.array([1.0]), np.array([2.0]))) == [0.0]


def test_what_lies_in_a_gap_overlaps_by_exactly_nothing() -> None:
    """Sums of many lengths are not exact; nothing must be."""
    starts = np.arange(0, 1000, 0.7) + 1.8e9
    gaps = starts + 0.31
    assert not Blocks(starts, starts + 0.3).overlap(gaps, gaps + 0.3).any()
