"""How much faster the intervals are than a plain loop, both in this run, and whether they say the same.

python -m tests.dashboards.bootstrap_speed [RESAMPLES]
"""

import sys
import time

import numpy as np
import numpy.typing as npt

from berth.dashboards.exploring.bootstrap import intervals
from berth.dashboards.exploring.flights import FLIGHTS

Numbers = npt.NDArray[np.float64]


def plain(values: Numbers, groups: npt.NDArray[np.integer], statistic: str, resamples: int) -> Numbers:
    """Bootstrap as one would write it down: draw as many values as there are, again and again."""
    random = np.random.default_rng(1)
    bounds = []
    for group in range(groups.max() + 1):
        known = values[groups == group]
        known = known[~np.isnan(known)]
        figures = [getattr(np, statistic)(known[random.integers(0, len(known), len(known))]) for _ in range(resamples)]
        bounds.append(np.percentile(figures, [2.5, 97.5]))
    return np.array(bounds)


def main() -> None:
    """Print the seconds of both, their ratio and how far their bounds lie apart."""
    resamples = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    values = FLIGHTS.table["dep_delay"].to_numpy("float64")
    groups = FLIGHTS.table["carrier"].cat.codes.to_numpy()
    print(f"{len(values):,} rows, {groups.max() + 1} groups, {resamples:,} resamples of the mean")
    began = time.perf_counter()
    quick = intervals(values, groups, "mean", resamples)
    middle = time.perf_counter()
    slow = plain(values, groups, "mean", resamples)
    ended = time.perf_counter()
    apart = np.abs(quick - slow) / (slow[:, 1] - slow[:, 0])[:, None]
    ours, theirs = middle - began, ended - middle
    print(f"intervals {ours:.1f} s, plain loop {theirs:.1f} s: {theirs / ours:.1f}x")
    print(f"bounds lie at most {apart.max():.1%} of an interval's width apart, {np.median(apart):.1%} in the middle")


if __name__ == "__main__":
    main()
