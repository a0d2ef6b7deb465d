"""The statistics: medians, percentiles, bounds, and what counts as disturbed."""

from __future__ import annotations

import json
import math

import pytest

from loadtests.bench.figures import Bound, Measured, Row, Try, compared, percentile, row_from_json, row_to_json

MEASURED = Measured("berth up", (Try((1.0,), (1.0,)), Try((3.0,), (1.0,)), Try((4.0, 4.0, 9.0), (2.0,))))


def test_a_try_is_the_median_of_its_samples_beside_the_median_of_the_baseline() -> None:
    one = Try((3.0, 1.0, 2.0), (2.0, 4.0))
    assert (one.value, one.baseline) == (2.0, 3.0)


def test_the_ratio_is_the_median_of_the_tries_ratios() -> None:
    assert MEASURED.ratio == 2.0


def test_the_largest_is_the_worst_ratio_of_samples_of_the_same_rank() -> None:
    """A baseline that varies as much excuses as much."""
    assert MEASURED.largest == 4.5
    assert Measured("berth up", (Try((1.0, 2.2, 9.0), (9.0, 2.0, 1.0)),)).largest == 1.1


def test_a_try_is_disturbed_that_took_noticeably_longer_than_alone() -> None:
    assert MEASURED.disturbed == 2


def test_a_baseline_of_nothing_is_no_error() -> None:
    assert Measured("berth up", (Try((1.0,), (0.0,)),)).ratio == math.inf


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 10), (95, 19), (100, 20)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, expected: float) -> None:
    assert percentile(range(1, 21), percent) == expected


def test_samples_are_compared_with_the_baseline_of_their_own_round() -> None:
    rounds = [{"a": [1.0], "b": [2.0]}, {"a": [4.0], "b": [4.0]}]
    first, second = compared(rounds, "a")
    assert [one.ratio for one in first.tries] == [1.0, 1.0]
    assert [one.ratio for one in second.tries] == [2.0, 1.0]


@pytest.mark.parametrize(
    ("bound", "kept"),
    [
        (Bound("ratio", 2.0), True),
        (Bound("ratio", 1.9), False),
        (Bound("largest", 4.4), False),
        (Bound("value", 3.0), True),
        (Bound("added", 1.9), False),
        (Bound("p95", 4.5), True),
    ],
    ids=lambda value: str(value),
)
def test_a_bound_is_about_the_figure_that_it_names(bound: Bound, kept: bool) -> None:
    assert bound.kept(MEASURED) is kept


@pytest.mark.parametrize("bound", [None, Bound("ratio", 1.5)])
def test_a_row_survives_the_way_through_a_file(bound: Bound | None) -> None:
    row = Row("a quick task", "s", "alone", (MEASURED,), bound, counted=True)
    assert row_from_json(json.loads(json.dumps(row_to_json(row)))) == row
