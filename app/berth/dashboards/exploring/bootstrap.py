"""Bootstrap confidence intervals of a mean or median for each group.

Each figure of a resample follows exactly the distribution that drawing n of n values gives, but is
found the quickest way that is known for it:

- A median depends only on which of the sorted values lie in the middle of the resample. The places of
  the middle ones follow a beta distribution, so that nothing but these is drawn.
- A mean of few distinct values depends only on how often each of them was drawn: a multinomial.
- Otherwise the values themselves are drawn.

The work is cut into pieces that depend on the data alone, and each has random numbers of its own, so
that the result is the same for any number of workers. Workers are threads: NumPy lets go of the
interpreter while it draws.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import berth

Numbers = npt.NDArray[np.float64]

SEED = 2013
"""The same question gives the same intervals."""
LEVEL = 95
"""Per cent that an interval covers."""
STATISTICS = ("mean", "median")

_PIECE = 1_000_000  # numbers drawn at once: 8 MB
_SAVING = 25  # the draw of a count takes as long as that of so many values


def intervals(
    values: Numbers, groups: npt.NDArray[np.integer], statistic: str, resamples: int, seed: int = SEED, workers: int = 0
) -> Numbers:
    """Percentile intervals, one row (low, high) for each group 0, 1, …; NaN for a group without numbers.

    `values` may hold NaN, which is left out. As many workers as cores if none are named.
    """
    samples = [Sample.of(one, statistic) for one in _split(values, groups)]
    figures = np.full((len(samples), resamples), np.nan)
    pieces = [piece for number, sample in enumerate(samples) for piece in _pieces(number, sample, resamples)]
    done, whole = 0, max(1, sum(piece.stop - piece.start for piece in pieces))
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        running = [pool.submit(piece.fill, figures, samples[piece.group], seed) for piece in pieces]
        for one in as_completed(running):
            done += one.result()
            berth.report_progress(done / whole, f"{done * resamples // whole:,} of {resamples:,} resamples")
    tail = (100 - LEVEL) / 2
    return np.asarray(np.percentile(figures, [tail, 100 - tail], axis=1).T)


@dataclass(frozen=True)
class Sample:
    """The numbers of one group: sorted for a median, else distinct with their counts where those are few."""

    values: Numbers
    statistic: str
    counts: npt.NDArray[np.integer] | None = None

    @classmethod
    def of(cls, values: Numbers, statistic: str) -> "Sample":
        """Choose the quickest way."""
        if statistic == "median":
            return cls(np.sort(values), statistic)
        distinct, counts = np.unique(values, return_counts=True)
        if len(distinct) * _SAVING > len(values):
            return cls(values, statistic)
        # Once all are given out nothing more is drawn, so that the frequent ones come first.
        order = np.argsort(-counts, kind="stable")
        return cls(distinct[order], statistic, counts[order])

    @property
    def cost(self) -> int:
        """Numbers that are drawn for one resample."""
        return 2 if self.statistic == "median" else len(self.values)

    def figures(self, random: np.random.Generator, resamples: int) -> Numbers:
        """The figure of each of some resamples."""
        if self.statistic == "median":
            return _medians(random, self.values, resamples)
        if self.counts is None:
            return _means(random, self.values, resamples)
        size = self.counts.sum()
        drawn = random.multinomial(size, self.counts / size, resamples)
        return np.asarray((drawn * self.values).sum(axis=1) / size)


@dataclass(frozen=True)
class _Piece:
    group: int
    start: int
    stop: int

    def fill(self, figures: Numbers, sample: Sample, seed: int) -> int:
        """Write its part of `figures`; return how many they are."""
        random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(self.group, self.start)))
        figures[self.group, self.start : self.stop] = sample.figures(random, self.stop - self.start)
        return self.stop - self.start


def _split(values: Numbers, groups: npt.NDArray[np.integer]) -> list[Numbers]:
    """The known numbers of each group."""
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(np.bincount(groups))[:-1]
    return [part[~np.isnan(part)] for part in np.split(values[order], ends)]


def _pieces(group: int, sample: Sample, resamples: int) -> Iterator[_Piece]:
    if not len(sample.values):
        return
    step = max(1, min(resamples, _PIECE // sample.cost))
    for start in range(0, resamples, step):
        yield _Piece(group, start, min(start + step, resamples))


def _means(random: np.random.Generator, values: Numbers, resamples: int) -> Numbers:
    """Draw in parts, so that a resample of many numbers needs no memory."""
    sums = np.zeros(resamples)
    for start in range(0, len(values), _PIECE):
        size = (resamples, min(_PIECE, len(values) - start))
        sums += values.take(random.integers(0, len(values), size, dtype=np.uint32)).sum(axis=1)
    return sums / len(values)


def _medians(random: np.random.Generator, ordered: Numbers, resamples: int) -> Numbers:
    """The middle of n uniform numbers is beta distributed; the next one is the least of those above it."""
    size = len(ordered)
    middle = (size + 1) // 2
    lower = random.beta(middle, size - middle + 1, resamples)
    if size % 2:
        return _at(ordered, lower)
    above = size - middle
    upper = lower + (1 - lower) * -np.expm1(np.log1p(-random.random(resamples)) / above)
    return (_at(ordered, lower) + _at(ordered, upper)) / 2


def _at(ordered: Numbers, place: Numbers) -> Numbers:
    """The value at a place between 0 and 1."""
    return ordered[np.minimum((place * len(ordered)).astype(np.int64), len(ordered) - 1)]
