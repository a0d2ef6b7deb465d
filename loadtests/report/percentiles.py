"""Percentiles: every one is a value that was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from loadtests.report.columns import Floats


@dataclass(frozen=True)
class Spread:
    """How values spread, in their own unit. All are None where there was no value."""

    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


def percentile(ordered: Floats, percent: float) -> float:
    """Return the smallest of the values, which are in order, that at least ``percent`` of them do not exceed."""
    return float(ordered[max(0, math.ceil(ordered.size * percent / 100) - 1)])


def spread(values: Floats) -> Spread:
    """Return how the values spread, which need be in no order."""
    if not values.size:
        return Spread()
    ordered = np.sort(values)
    return Spread(*(percentile(ordered, percent) for percent in (50, 90, 95, 99, 100)))
