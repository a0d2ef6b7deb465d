"""Isolation: which tasks count as beside and as alone, and the ratios, against numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.report.isolation import Isolation, isolation
from tests.loadtests.report.folder import BLOCKED, CALM, Step, heavy, other, quick, run

ALONE = (quick(0, 1.0), quick(2, 1.0), quick(4, 1.2))
"""The median is 1.0 s."""


def found(folder: Path, *steps: Step) -> Isolation:
    """The isolation of a run with these steps."""
    return isolation(run(folder, *steps).steps)


def test_ratios_are_durations_beside_by_the_median_alone(tmp_path: Path) -> None:
    one = found(tmp_path, *BLOCKED)
    assert (one.alone, one.beside) == (3, 2)
    assert (one.median, one.p95, one.largest) == (4.5, 5.0, 5.0)
    assert (one.waited, one.share, one.wait) == (2, 1.0, 4.0)


def test_nobody_waits_where_tasks_take_as_long_as_alone(tmp_path: Path) -> None:
    one = found(tmp_path, *CALM)
    assert (one.median, one.largest, one.waited) == (1.0, 1.1, 0)


@pytest.mark.parametrize(
    ("step", "counts"),
    [
        (quick(9.0, 1.0), (4, 0)),  # ends when the heavy one begins
        (quick(20.0, 1.0), (4, 0)),  # begins when it ends
        (quick(9.4, 1.0), (3, 0)),  # overlaps by 0.4 s, less than half of 1.0 s
        (quick(9.5, 1.0), (3, 1)),  # by half
        (quick(19.9, 0.4), (3, 1)),  # is shorter than half itself, and overlaps by 0.1 s
        (quick(30.0, 0.4), (4, 0)),  # is that short, and overlaps nothing
        (quick(30.0, 7.0, error="no answer"), (3, 0)),  # failed, and overlaps nothing
        (quick(9.0, 12.0), (3, 1)),  # lasts longer than the heavy one
        (quick(12.0, 5.0, "heavy-1"), (3, 0)),  # the heavy one is the visitor's own
        (quick(12.0, 5.0, error="no answer"), (3, 0)),  # failed
    ],
)
def test_what_counts_as_beside_and_as_alone(tmp_path: Path, step: Step, counts: tuple[int, int]) -> None:
    one = found(tmp_path, *ALONE, heavy(10, 10), step, quick(11, 1.0))
    assert (one.alone, one.beside - 1) == counts


def test_own_heavy_tasks_do_not_hide_those_of_others(tmp_path: Path) -> None:
    one = found(tmp_path, *ALONE, heavy(10, 10, "quick-1"), heavy(10.5, 5, "heavy-1"), quick(12, 3.0))
    assert (one.beside, one.median) == (1, 3.0)


def test_heavy_tasks_of_several_count_together(tmp_path: Path) -> None:
    one = found(tmp_path, *ALONE, heavy(10.0, 0.3, "heavy-1"), heavy(10.6, 0.3, "heavy-2"), quick(10.0, 1.0))
    assert one.beside == 1


def test_every_step_is_compared_with_itself(tmp_path: Path) -> None:
    """A slider that takes 0.1 s and a click that takes 1 s are both 3 times as slow."""
    sliding = [(at, length, "quick-1", "set Rows", "quick", "") for at, length in ((0, 0.1), (12, 0.3))]
    one = found(tmp_path, *ALONE, heavy(10, 10), quick(12, 3.0), *sliding)
    assert [one.median, one.largest] == pytest.approx([3.0, 3.0])
    assert one.steps["set Rows"].ratio == pytest.approx(3.0)
    assert (one.steps["click Quick"].alone, one.steps["click Quick"].beside) == (1.0, 3.0)


def test_a_failed_heavy_task_was_one(tmp_path: Path) -> None:
    assert found(tmp_path, *ALONE, heavy(10, 10, error="no answer"), quick(12, 3.0)).median == 3.0


def test_a_quick_task_that_failed_after_long_has_waited(tmp_path: Path) -> None:
    one = found(tmp_path, *ALONE, heavy(10, 10), quick(12, 1.0), quick(13, 7.0, error="no answer in 7 s"))
    assert (one.failed, one.waited, one.share, one.largest) == (1, 1, 0.5, 1.0)


def test_what_people_do_not_notice_is_no_wait(tmp_path: Path) -> None:
    """Alone 95 % take at most 1.2 s: 0.15 s above that are noticed."""
    one = found(tmp_path, *ALONE, heavy(10, 10), quick(12, 1.34), quick(14, 1.36))
    assert (one.waited, one.beside) == (1, 2)


def test_a_tenth_of_a_long_task_is_no_wait(tmp_path: Path) -> None:
    """Tasks of 10 s that take 10.9 s beside a heavy one are within what chance does to them."""
    one = found(tmp_path, quick(0, 10.0), heavy(20, 100), quick(30, 10.9), quick(60, 11.1))
    assert (one.waited, one.beside) == (1, 2)


def test_the_distribution_counts_every_ratio_once(tmp_path: Path) -> None:
    bins = found(tmp_path, *BLOCKED).bins
    assert (sum(one.alone for one in bins), sum(one.beside for one in bins)) == (3, 2)
    assert [(one.low, one.high, one.alone) for one in bins if one.alone] == [(0.875, 1.125, 2), (1.125, 1.375, 1)]
    assert [one.low for one in bins if one.beside] == [4.375, 4.875]


def test_one_outlier_does_not_hide_the_rest_of_the_distribution(tmp_path: Path) -> None:
    many = [quick(12, 1.0, f"quick-{number}") for number in range(200)]
    bins = found(tmp_path, *ALONE, heavy(10, 10), *many, quick(12, 500.0)).bins
    assert bins[-1].high <= 2.2
    assert (bins[-1].beside, sum(one.beside for one in bins)) == (1, 201)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ((other("page", 0, 1),), "no step of this run measured a quick task"),
        (ALONE, "nobody did a heavy task"),
        ((*ALONE, heavy(10, 10)), "no quick task that succeeded met a heavy one of somebody else"),
        (
            (*ALONE, heavy(10, 10), quick(11, 2, error="x")),
            "every quick task beside a heavy one of somebody else failed",
        ),
        (
            (heavy(10, 10), quick(11, 2)),
            "every quick task met a heavy one, so that there is none alone to compare with",
        ),
        (
            (*ALONE, heavy(10, 10), (11, 1, "quick-1", "set Rows", "quick", "")),
            "no step has quick tasks both alone and beside a heavy one",
        ),
    ],
)
def test_a_run_that_cannot_tell_says_why(tmp_path: Path, steps: tuple[Step, ...], reason: str) -> None:
    one = found(tmp_path, *steps)
    assert (one.median, one.reason) == (None, reason)
