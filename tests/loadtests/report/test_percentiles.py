"""Percentiles are values that were measured."""

from __future__ import annotations

import numpy as np
import pytest

from loadtests.report.percentiles import Spread, percentile, spread


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 10), (90, 18), (95, 19), (99, 20), (100, 20)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent: float, expected: float) -> None:
    assert percentile(np.arange(1.0, 21.0), percent) == expected


def test_the_order_of_values_does_not_matter() -> None:
    assert spread(np.array([3.0, 1.0, 2.0])) == Spread(2.0, 3.0, 3.0, 3.0, 3.0)


def test_no_values_have_no_spread() -> None:
    assert spread(np.empty(0)) == Spread(None, None, None, None, None)
