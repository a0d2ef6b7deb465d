"""How many replicas there should be, and which may go. Without I/O and without clocks."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

CORDONED_COST = -1000
OCCUPIED_COST = 1000
"""The Deployment removes the pod that costs least; what has no cost costs 0."""

TOLERANCE = 1.1
"""The autoscaler leaves the number as it is while the load is at most so many times its target."""


@dataclass(frozen=True)
class Bounds:
    """The settings: replicas at least and at most, free seats kept ready in all, and seats of one replica."""

    minimum: int
    maximum: int
    spare: int
    seats: int


@dataclass(frozen=True)
class Demand:
    """Visitors who have a seat, those who wait for one, and the pods that hold one."""

    taken: int
    waiting: int
    occupied: int


@dataclass(frozen=True)
class Candidate:
    """A pod that nobody sits in. ``neighbours`` are the visitors on its node."""

    name: str
    newest: bool
    neighbours: int


def needed(demand: Demand, bounds: Bounds) -> int:
    """Return how many replicas the demand needs: within the bounds, but never fewer than hold a visitor."""
    wished = math.ceil((demand.taken + demand.waiting + bounds.spare) / bounds.seats)
    return max(min(max(wished, bounds.minimum), bounds.maximum), demand.occupied)


def load_wish(replicas: int, load: float, target: float) -> int:
    """Return how many replicas the autoscaler wishes for, for a ``load`` above or below its ``target``."""
    if not replicas or not target:
        return 0
    ratio = load / target
    return replicas if 2 - TOLERANCE <= ratio <= TOLERANCE else math.ceil(replicas * ratio)


def to_remove(candidates: Iterable[Candidate], number: int) -> list[str]:
    """Return the names of at most ``number`` pods: of older versions first, then where fewest visitors are near."""
    ranked = sorted(candidates, key=lambda one: (one.newest, one.neighbours, one.name))
    return [one.name for one in ranked[: max(number, 0)]]


def cost(visitors: int, cordoned: bool) -> int:
    """Return what it costs to delete a pod, as the Deployment compares it."""
    if visitors:
        return OCCUPIED_COST + visitors
    return CORDONED_COST if cordoned else 0


@dataclass
class Descent:
    """Follows a need up at once, and down only to what was enough at every look of the last ``delay`` seconds."""

    delay: float
    _needs: deque[tuple[float, int]] = field(default_factory=deque)
    """When a need was seen last, and the need; each is lower than the one before it."""

    def follow(self, now: float, need: int) -> int:
        """Return the highest need of the last ``delay`` seconds; ``now`` never falls."""
        while self._needs and self._needs[-1][1] <= need:
            self._needs.pop()
        self._needs.append((now, need))
        while len(self._needs) > 1 and now - self._needs[0][0] >= self.delay:
            self._needs.popleft()
        return self._needs[0][1]
