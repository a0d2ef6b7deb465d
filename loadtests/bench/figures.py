"""What is measured, and the statistics of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

DISTURBED = 0.15
"""Seconds by which a try must take longer than alone to count as disturbed: what people notice."""


@dataclass(frozen=True)
class Try:
    """One try: its samples, and those of the baseline that were taken just before or after, in the row's unit."""

    samples: tuple[float, ...]
    baselines: tuple[float, ...]

    @property
    def value(self) -> float:
        """The median of the samples."""
        return statistics.median(self.samples)

    @property
    def baseline(self) -> float:
        """The median of the baseline's samples."""
        return statistics.median(self.baselines)

    @property
    def ratio(self) -> float:
        """The value ÷ its baseline; infinite if that is nothing."""
        return _ratio(self.value, self.baseline)


@dataclass(frozen=True)
class Measured:
    """All tries with one server."""

    server: str
    tries: tuple[Try, ...]

    @property
    def ratio(self) -> float:
        """The median of all tries' ratios."""
        return statistics.median(one.ratio for one in self.tries)

    @property
    def largest(self) -> float:
        """The largest of all samples' ratios, each to the baseline's sample of the same rank."""
        return max(self._by_rank())

    @property
    def p95(self) -> float:
        """The 95th percentile of the samples ÷ that of the baseline's."""
        return _ratio(percentile(self._samples(), 95), percentile(self._baselines(), 95))

    @property
    def value(self) -> float:
        """The median of all tries, in the row's unit."""
        return statistics.median(one.value for one in self.tries)

    @property
    def baseline(self) -> float:
        """The median of all baselines, in the row's unit."""
        return statistics.median(one.baseline for one in self.tries)

    @property
    def added(self) -> float:
        """By how much the median is above the baseline's, in the row's unit."""
        return self.value - self.baseline

    @property
    def disturbed(self) -> int:
        """How many tries took noticeably longer than alone. For values in seconds only."""
        return sum(one.value - one.baseline > DISTURBED for one in self.tries)

    def _by_rank(self) -> list[float]:
        samples, baselines = sorted(self._samples()), self._baselines()
        shares = ((rank + 1) / len(samples) for rank in range(len(samples)))
        return [_ratio(one, percentile(baselines, 100 * share)) for one, share in zip(samples, shares, strict=True)]

    def _samples(self) -> list[float]:
        return [sample for one in self.tries for sample in one.samples]

    def _baselines(self) -> list[float]:
        return [sample for one in self.tries for sample in one.baselines]


@dataclass(frozen=True)
class Bound:
    """What Berth shall keep: ``of`` names a property of Measured, ``most`` is in the row's unit or a ratio."""

    of: str
    most: float

    def kept(self, measured: Measured) -> bool:
        """Whether it is kept."""
        return self.figure(measured) <= self.most

    def figure(self, measured: Measured) -> float:
        """Return the figure that is bounded."""
        return float(getattr(measured, self.of))


@dataclass(frozen=True)
class Row:
    """One line of a part's table.

    ``against`` says what the baseline is. ``bound`` is Berth's. ``counted`` is
    whether it matters how many tries were disturbed. ``chance`` names the server
    whose ratio chance decides, so that another run may well find another one.
    """

    what: str
    unit: str
    against: str
    measured: tuple[Measured, ...]
    bound: Bound | None = None
    counted: bool = False
    chance: str | None = None

    def of(self, server: str) -> Measured | None:
        """Return what was measured with that server."""
        return next((one for one in self.measured if one.server == server), None)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least ``percent`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def compared(rounds: Sequence[Mapping[str, Sequence[float]]], baseline: str) -> tuple[Measured, ...]:
    """Compare the samples of every server with those of ``baseline`` in the same round."""
    return tuple(
        Measured(server, tuple(Try(tuple(one[server]), tuple(one[baseline])) for one in rounds)) for server in rounds[0]
    )


def single(server: str, value: float, baseline: float) -> Measured:
    """Return what was measured once."""
    return Measured(server, (Try((value,), (baseline,)),))


def _ratio(value: float, baseline: float) -> float:
    return value / baseline if baseline else math.inf


def row_to_json(row: Row) -> dict[str, Any]:
    """Return a row as plain data."""
    return asdict(row)


def row_from_json(data: Mapping[str, Any]) -> Row:
    """Read what ``row_to_json`` made."""
    measured = tuple(
        Measured(one["server"], tuple(_try(values) for values in one["tries"])) for one in data["measured"]
    )
    bound = Bound(**data["bound"]) if data["bound"] else None
    return Row(data["what"], data["unit"], data["against"], measured, bound, data["counted"], data.get("chance"))


def _try(data: Mapping[str, Sequence[float]]) -> Try:
    return Try(tuple(data["samples"]), tuple(data["baselines"]))
