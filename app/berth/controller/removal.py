"""Pods that are about to be removed: their supervisors take no new visitors until the Deployment has removed them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from berth.controller.picture import Picture, Place
from berth.controller.rule import Candidate, to_remove
from berth.errors import SeatUnavailable, SupervisorUnreachable
from berth.supervisors import Supervisor
from berth.tickets import Keys

logger = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds in which a cordoned pod should have begun to end; else it takes visitors again."""

REST = 30.0
"""Seconds before the next try after that."""


class Removal:
    """Cordons and uncordons. ``names`` are the pods that are to be removed now."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._since: dict[str, float] = {}
        self._rests_until = 0.0

    @property
    def names(self) -> frozenset[str]:
        """Pods that are cordoned so that they can be removed."""
        return frozenset(self._since)

    async def begin(self, picture: Picture, surplus: int, candidates: Iterable[Candidate]) -> None:
        """Cordon until ``surplus`` pods are, and forget those that may stay; ``end`` opens these to visitors again."""
        now = time.monotonic()
        ready = {place.pod.name: place for place in picture.ready}
        kept = [name for name in self._since if name in ready and not self._late(name, now)]
        self._since = {name: self._since[name] for name in kept[: max(surplus, 0)]}
        if now < self._rests_until:
            return
        for name in to_remove(candidates, surplus - len(self._since)):
            if await self._cordon(ready[name], True):
                self._since[name] = now

    async def end(self, picture: Picture) -> None:
        """Let every cordoned pod take visitors again that is not to be removed, such as after a restart of ours."""
        for place in picture.ready:
            if place.cordoned and not place.silent and place.pod.name not in self._since:
                await self._cordon(place, False)

    def _late(self, name: str, now: float) -> bool:
        if now - self._since[name] < PATIENCE:
            return False
        logger.warning("%s was not removed in %.0f s: it takes visitors again", name, PATIENCE)
        self._rests_until = now + REST
        return True

    async def _cordon(self, place: Place, on: bool) -> bool:
        try:
            await Supervisor(place.pod.host, place.pod.port, self._keys).cordon(on)
        except SeatUnavailable:
            # A visitor came meanwhile, who goes before.
            return False
        except SupervisorUnreachable as error:
            logger.warning("%s was not cordoned or uncordoned: %s", place.pod.name, error)
            return False
        return True
