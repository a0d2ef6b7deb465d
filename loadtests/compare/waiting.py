"""How long visitors waited for each other, from what was measured while driving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, median_low

from loadtests.compare.record import ALONE, Load, Record, Sample
from loadtests.compare.trial import OPENING


@dataclass(frozen=True)
class Waiting:
    """Waiting is the time beyond the median of the same thing alone (s), on the same server.

    ``median`` and ``worst`` are over all that was done beside the heavy visitor.
    ``felt`` is what the typical visitor waited longest in a typical bout, which
    one moment in which the machine was busy with something else does not move.
    ``times`` is how many times as long the worst one took as alone.
    """

    count: int
    alone: float
    beside: float
    median: float
    worst: float
    felt: float
    times: float


@dataclass(frozen=True)
class PerVisitor:
    """What one visitor who came took: memory (MiB) while there, CPU time (s) for coming."""

    memory: float
    cpu: float


@dataclass(frozen=True)
class Outcome:
    """One server: waiting for light tasks and for pages (None where nothing was measured), and its cost.

    ``load`` is the share of all cores in use beside the heavy visitor, ``others`` that of programs that are not ours.
    """

    server: str
    clicks: Waiting | None
    pages: Waiting | None
    cost: PerVisitor
    load: float
    others: float

    @property
    def felt(self) -> float:
        """The longer one of what was felt at light tasks and at pages."""
        return max((one.felt for one in (self.clicks, self.pages) if one), default=0.0)


def outcome(record: Record, server: str, visitors: int) -> Outcome:
    """Sum up what was measured at a server to which so many visitors came."""
    samples = [sample for sample in record.samples if sample.server == server]
    clicks = waiting([sample for sample in samples if sample.task != OPENING])
    pages = waiting([sample for sample in samples if sample.task == OPENING])
    before, after = record.costs[server]
    cost = PerVisitor((after.memory - before.memory) / visitors, (after.cpu - before.cpu) / visitors)
    loads = [load for load in record.loads if load.server == server] or [Load(server, 0.0, 0.0)]
    shares, others = (median(getattr(load, name) for load in loads) for name in ("share", "others"))
    return Outcome(server, clicks, pages, cost, shares, others)


def waiting(samples: Sequence[Sample]) -> Waiting | None:
    """Return what they say, or None without samples alone or beside."""
    alone = {task: median(times) for task, times in _alone(samples).items()}
    beside = [sample for sample in samples if sample.bout != ALONE and sample.task in alone]
    if not beside:
        return None
    waits = [(sample, max(0.0, sample.seconds - alone[sample.task])) for sample in beside]
    worst, longest = max(waits, key=lambda pair: pair[1])
    return Waiting(
        count=len(beside),
        alone=median(alone.values()),
        beside=median(sample.seconds for sample in beside),
        median=median(wait for _, wait in waits),
        worst=longest,
        felt=_felt(waits),
        times=worst.seconds / alone[worst.task] if alone[worst.task] else 1.0,
    )


def _felt(waits: Iterable[tuple[Sample, float]]) -> float:
    longest: dict[int, dict[str, float]] = defaultdict(dict)
    for sample, wait in waits:
        of_bout = longest[sample.bout]
        of_bout[sample.visitor] = max(wait, of_bout.get(sample.visitor, 0.0))
    return median_low(median_low(of_bout.values()) for of_bout in longest.values())


def _alone(samples: Iterable[Sample]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for sample in samples:
        if sample.bout == ALONE:
            found[sample.task].append(sample.seconds)
    return found
