"""Turns what a round has seen into replicas: decides, and writes to the Kubernetes API."""

from __future__ import annotations

import asyncio
import logging
import time

from berth.controller.api import Api
from berth.controller.events import Herald
from berth.controller.marks import Marker
from berth.controller.picture import Picture
from berth.controller.removal import Removal
from berth.controller.rule import Bounds, Demand, Descent, needed
from berth.controller.workload import Autoscaler, Deployment, Workload
from berth.settings import Settings
from berth.tickets import Keys

logger = logging.getLogger(__name__)

NO_MORE = "No more places can be opened just now."
"""What visitors read when the cluster refuses more pods."""


class Scaler:
    """Brings the number of replicas to what is needed, one step in each ``act``.

    ``deployment``, ``autoscaler`` and ``target`` (replicas that should run) are of the last step.
    """

    def __init__(self, settings: Settings, api: Api, keys: Keys) -> None:
        self.bounds = Bounds(
            settings.min_replicas,
            settings.max_replicas,
            settings.spare_seats,
            settings.seats * settings.max_berths,
        )
        self.workload = Workload(api, settings.release)
        self.herald = Herald(api, self.workload.name)
        self.removal = Removal(keys)
        self.deployment: Deployment | None = None
        self.autoscaler: Autoscaler | None = None
        self.target = 0
        self._marker = Marker(api)
        self._descent = Descent(settings.scale_down_delay)
        self._alone = False

    async def act(self, picture: Picture) -> None:
        """Do one step. Raises KubernetesError, after which the next step begins anew."""
        deployment, autoscaler = await asyncio.gather(self.workload.deployment(), self.workload.autoscaler())
        self.deployment, self.autoscaler = deployment, autoscaler
        self._note_autoscaler()
        may_remove = picture.complete and not deployment.rolling and not picture.at_risk
        self.target = self._follow(picture, deployment, autoscaler)
        surplus = len(picture.ready) - self.target if may_remove else 0
        await self.removal.begin(picture, surplus, picture.candidates(self.revision(picture)))
        marked = await self._marker.write(picture, self.removal.names)
        # Without costs the Deployment would remove any pod, also one with a visitor.
        least = len(picture.ready) - len(self.removal.names) if may_remove and marked else deployment.replicas
        await self._settle(picture, deployment, autoscaler, max(self.target, min(least, deployment.replicas)))
        await self.removal.end(picture)
        await self._complain(picture, deployment)

    def outlook(self, picture: Picture) -> tuple[int, str]:
        """Return how many seats are on their way, and why there are not more, in words for visitors."""
        if not self.deployment:
            return 0, ""
        missing = max(self.deployment.replicas - len(picture.live), 0)
        short = len(picture.live) - len(picture.troubled) < self.target
        if short and (self.deployment.refused if missing else picture.troubled and not picture.starting):
            return 0, NO_MORE
        return (len(picture.starting) + missing) * self.bounds.seats, ""

    def revision(self, picture: Picture) -> str:
        """Return the newest template hash; where the Deployment does not say it, that of the youngest pod."""
        if self.deployment and self.deployment.revision:
            return self.deployment.revision
        youngest = max(picture.live, key=lambda place: place.pod.created, default=None)
        return youngest.pod.revision if youngest else ""

    def _follow(self, picture: Picture, deployment: Deployment, autoscaler: Autoscaler | None) -> int:
        """Return how many replicas should run, having followed the need over time."""
        need = needed(picture.demand(self.bounds.seats), self.bounds)
        # What the load asks for the autoscaler adds by itself; it is only not taken away again.
        loaded = min(autoscaler.wish if autoscaler else 0, deployment.replicas, self.bounds.maximum)
        # What is not known in full is no reason to remove anything.
        guessed = 0 if picture.complete and self.target else deployment.replicas
        return self._descent.follow(time.monotonic(), max(need, loaded, guessed))

    async def _settle(
        self, picture: Picture, deployment: Deployment, autoscaler: Autoscaler | None, floor: int
    ) -> None:
        """Move the floor, and the number itself where the autoscaler would be too slow, or does not work."""
        moves = floor != (autoscaler.floor if autoscaler else deployment.replicas)
        if autoscaler:
            await self._set_floor(autoscaler, deployment, floor)
        goes_down = floor < deployment.replicas and not (autoscaler and autoscaler.active)
        if floor > deployment.replicas or goes_down:
            await self.workload.scale(floor)
        if floor != deployment.replicas and (moves or floor > deployment.replicas):
            await self._report(deployment, floor, self._why(picture.demand(self.bounds.seats)))

    async def _set_floor(self, autoscaler: Autoscaler, deployment: Deployment, floor: int) -> None:
        # A floor above the ceiling would be refused.
        floor = min(floor, autoscaler.ceiling)
        if self.bounds.seats == 1:
            if floor != autoscaler.floor:
                await self.workload.set_floor(floor)
            return
        may_add = deployment.replicas < self.bounds.maximum
        if (floor, may_add) != (autoscaler.floor, autoscaler.may_add):
            await self.workload.set_floor_and_policy(floor, may_add)

    async def _report(self, deployment: Deployment, floor: int, why: str) -> None:
        reason = "ScaledUp" if floor > deployment.replicas else "ScaledDown"
        await self.herald.did(deployment.uid, reason, f"{deployment.replicas} -> {_count(floor, 'replica')}: {why}")

    async def _complain(self, picture: Picture, deployment: Deployment) -> None:
        """Say what stands in the way."""
        live = len(picture.live)
        if deployment.refused and live < deployment.replicas:
            message = f"stays at {live} of {deployment.replicas} replicas: {deployment.refused}"
            await self.herald.warn(deployment.uid, "ReplicasRefused", message)
        for place in picture.troubled[:3]:
            what = "new version does not start" if deployment.rolling else "a replica does not start"
            message = f"{what}: pod {place.pod.name}: {place.pod.trouble}"
            await self.herald.warn(deployment.uid, "ReplicaDoesNotStart", message)
        demand = picture.demand(self.bounds.seats)
        if demand.waiting and demand.taken + demand.waiting > self.bounds.maximum * self.bounds.seats:
            message = f"stays at the maximum of {_count(self.bounds.maximum, 'replica')}: {self._why(demand)}"
            await self.herald.warn(deployment.uid, "AtMaximum", message)

    def _why(self, demand: Demand) -> str:
        waits = "waits" if demand.waiting == 1 else "wait"
        waiting = f"{_count(demand.waiting, 'visitor')} {waits}" if demand.waiting else "nobody waits"
        return f"{_count(demand.taken, 'seat')} taken, {waiting}, {self.bounds.spare} spare"

    def _note_autoscaler(self) -> None:
        alone = self.autoscaler is None
        if alone and not self._alone:
            logger.warning("there is no HorizontalPodAutoscaler %s: replicas are scaled directly", self.workload.name)
        self._alone = alone


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
