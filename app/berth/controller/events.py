"""Events on the replicas' Deployment: what the controller did, and why, in words."""

from __future__ import annotations

import logging
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from berth.controller.api import Api
from berth.errors import KubernetesError

logger = logging.getLogger(__name__)

COMPONENT = "berth-controller"

REPEAT_AFTER = 300.0
"""Seconds after which what still holds is counted once more."""

REMEMBERED = 100
"""Events whose name is known, so that a repetition is counted there."""

LONGEST = 1000
"""Characters of a message; the API takes 1024."""


@dataclass
class Said:
    """An event's name, how often it was said, and when last (monotonic, s)."""

    name: str
    count: int
    last: float


class Herald:
    """Says things once, in the log and as Events on the Deployment ``name``; repetitions are counted."""

    def __init__(self, api: Api, name: str) -> None:
        self._api = api
        self._name = name
        self._said: OrderedDict[tuple[str, str], Said] = OrderedDict()
        self.latest = ""

    async def did(self, uid: str, reason: str, message: str) -> None:
        """Say what was done. ``uid`` is the Deployment's, ``reason`` a word in CamelCase."""
        logger.info("%s: %s", self._name, message)
        self.latest = message
        await self._say(uid, "Normal", reason, message[:LONGEST])

    async def warn(self, uid: str, reason: str, message: str) -> None:
        """Say what holds as long as this is called again; it is counted now and then."""
        known = self._said.get((reason, message[:LONGEST]))
        if known and time.monotonic() - known.last < REPEAT_AFTER:
            return
        logger.warning("%s: %s", self._name, message)
        self.latest = message
        await self._say(uid, "Warning", reason, message[:LONGEST])

    async def _say(self, uid: str, kind: str, reason: str, message: str) -> None:
        known = self._said.pop((reason, message), None)
        said = known or Said(f"{self._name}.{secrets.token_hex(8)}", 0, 0.0)
        said.count, said.last = said.count + 1, time.monotonic()
        self._said[reason, message] = said
        while len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        try:
            await self._write(said, known is not None, self._event(said, uid, kind, reason, message))
        except KubernetesError as error:
            logger.debug("an event was not written: %s", error)

    async def _write(self, said: Said, repeated: bool, event: dict[str, Any]) -> None:
        if repeated:
            try:
                change = {"count": said.count, "lastTimestamp": event["lastTimestamp"]}
                await self._api.merge(f"v1/events/{said.name}", change)
            except KubernetesError as error:
                if error.status != 404:
                    raise
                # The API forgets events after an hour.
            else:
                return
        await self._api.create("v1/events", event)

    def _event(self, said: Said, uid: str, kind: str, reason: str, message: str) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        namespace = self._api.namespace
        subject = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": self._name,
            "namespace": namespace,
            "uid": uid,
        }
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": said.name, "namespace": namespace},
            "involvedObject": subject,
            "type": kind,
            "reason": reason,
            "message": message,
            "count": said.count,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
            "reportingInstance": COMPONENT,
        }
