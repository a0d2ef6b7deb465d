"""What one round has seen: every replica's pod with what its supervisor says, and who waits. Without I/O."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from berth.controller.pods import Pod
from berth.controller.rule import Candidate, Demand
from berth.lobbies import Waiting
from berth.status import Status

SILENCE = 10.0
"""After so many seconds without an answer a replica's free seats are no longer counted on."""


@dataclass(frozen=True)
class Place:
    """A replica's pod. ``status`` is what it said last, ``silent`` (s) how long ago, 0 if it answered just now."""

    pod: Pod
    status: Status | None
    silent: float

    @property
    def visitors(self) -> int:
        """Visitors who sit here, as far as is known."""
        return self.status.taken if self.status else 0

    @property
    def occupied(self) -> bool:
        """Whether somebody sits here, or may: a ready pod that has never answered."""
        return self.visitors > 0 or (self.pod.ready and self.status is None)

    @property
    def free(self) -> bool:
        """Whether it is certain that nobody sits here."""
        return self.pod.ready and self.status is not None and not self.visitors and not self.silent

    @property
    def lost(self) -> bool:
        """Whether its free seats cannot be counted on."""
        return self.pod.ready and self.silent > SILENCE

    @property
    def cordoned(self) -> bool:
        """Whether its supervisor takes no new visitors because it was told so."""
        return self.status is not None and self.status.cordoned


@dataclass(frozen=True)
class Picture:
    """One round's sight. ``complete`` is whether nothing in it was guessed for want of a first answer."""

    places: tuple[Place, ...]
    waiting: tuple[Waiting, ...]
    complete: bool

    @cached_property
    def live(self) -> tuple[Place, ...]:
        """Places of pods that are not being ended; only these count as replicas."""
        return tuple(place for place in self.places if not place.pod.terminating)

    @cached_property
    def ready(self) -> tuple[Place, ...]:
        """Those that serve."""
        return tuple(place for place in self.live if place.pod.ready)

    @cached_property
    def starting(self) -> tuple[Place, ...]:
        """Those that will serve soon."""
        return tuple(place for place in self.live if not place.pod.ready and not place.pod.trouble)

    @cached_property
    def troubled(self) -> tuple[Place, ...]:
        """Those that do not start."""
        return tuple(place for place in self.live if not place.pod.ready and place.pod.trouble)

    def demand(self, seats: int) -> Demand:
        """Return the demand, where a replica has ``seats`` seats. Nobody counts as both seated and waiting."""
        taken = sum(max(place.visitors, seats) if place.lost else place.visitors for place in self.live)
        waiting = sum(one.visitor not in self._seated for one in self.waiting)
        return Demand(taken, waiting, sum(place.occupied for place in self.live))

    def candidates(self, revision: str) -> list[Candidate]:
        """Return the pods that may be removed; ``revision`` is the newest."""
        return [
            Candidate(place.pod.name, place.pod.revision == revision, self._by_node[place.pod.node])
            for place in self.ready
            if place.free and not place.cordoned
        ]

    @property
    def at_risk(self) -> bool:
        """Whether a pod that is not ready holds a visitor: the Deployment would remove that one first."""
        return any(place.occupied and not place.pod.ready for place in self.live)

    @cached_property
    def _seated(self) -> frozenset[str]:
        statuses = (place.status for place in self.places if place.status)
        return frozenset(visitor for status in statuses for berth in status.berths for visitor in berth.visitors)

    @cached_property
    def _by_node(self) -> Counter[str]:
        visitors: Counter[str] = Counter()
        for place in self.places:
            visitors[place.pod.node] += place.visitors
        return visitors
