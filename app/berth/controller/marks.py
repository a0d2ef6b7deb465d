"""Annotations of pods that say what it costs to end them, written only when that changes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection

from berth.controller.api import MISSING, Api
from berth.controller.picture import Picture, Place
from berth.controller.pods import COST, EVICTABLE
from berth.controller.rule import cost
from berth.errors import KubernetesError

logger = logging.getLogger(__name__)

AT_ONCE = 10
"""Pods that are written at the same time."""

IN_A_ROUND = 200
"""Pods that are written in one round; the others follow in the next."""

REST = 10.0
"""Seconds to leave the API alone after a mark could not be written."""

Marks = tuple[str | None, str | None]


class Marker:
    """Writes COST and EVICTABLE; the last thing that it wrote counts until the watch shows it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._written: dict[str, Marks] = {}
        self._rests_until = 0.0

    async def write(self, picture: Picture, cordoned: Collection[str]) -> bool:
        """Mark every live pod; return whether all marks are as they should be. ``cordoned`` are to be removed."""
        names = {place.pod.name for place in picture.live}
        self._written = {name: marks for name, marks in self._written.items() if name in names}
        wrong = [(place, marks) for place in picture.live if (marks := self._due(place, cordoned))]
        # Pods that are to be removed come first, then those with visitors: on these a removal depends.
        wrong.sort(key=lambda one: (one[0].pod.name not in cordoned, not one[0].occupied))
        if wrong and time.monotonic() < self._rests_until:
            return False
        limit = asyncio.Semaphore(AT_ONCE)
        done = await asyncio.gather(*(self._mark(place, marks, limit) for place, marks in wrong[:IN_A_ROUND]))
        if not all(done):
            self._rests_until = time.monotonic() + REST
        return all(done) and len(wrong) <= IN_A_ROUND

    def _due(self, place: Place, cordoned: Collection[str]) -> Marks | None:
        """Return the marks that the pod should have, or None if it has them, or nothing is known of it."""
        if place.status is None:
            return None
        # 0 is what a pod without the annotation costs.
        costs = str(cost(place.visitors, place.pod.name in cordoned))
        marks = (costs, "false" if place.visitors else "true")
        has, evictable = self._written.get(place.pod.name, place.pod.marks)
        return None if (has or "0", evictable) == marks else marks

    async def _mark(self, place: Place, marks: Marks, limit: asyncio.Semaphore) -> bool:
        annotations = dict(zip((COST, EVICTABLE), marks, strict=True))
        async with limit:
            try:
                await self._api.merge(f"v1/pods/{place.pod.name}", {"metadata": {"annotations": annotations}})
            except KubernetesError as error:
                # A pod that has gone meanwhile needs no mark.
                if error.status != MISSING:
                    logger.debug("%s was not marked: %s", place.pod.name, error)
                return error.status == MISSING
        self._written[place.pod.name] = marks
        return True
