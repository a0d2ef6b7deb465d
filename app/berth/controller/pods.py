"""The release's pods, as a watch of the Kubernetes API tells of them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from berth.controller.api import Api
from berth.errors import KubernetesError

logger = logging.getLogger(__name__)

FRONT, REPLICA = "front", "replica"

PAGE = "250"
"""Pods in one answer of a list, so that a thousand of them are never in memory at once as JSON."""

FIRST_REST, LONGEST_REST = 0.5, 5.0
"""Seconds between two tries to reach the API: the first, and at most."""

GONE = 410

LONGEST_TROUBLE = 500
"""Characters of a pod's own words that are passed on."""

COST = "controller.kubernetes.io/pod-deletion-cost"
EVICTABLE = "cluster-autoscaler.kubernetes.io/safe-to-evict"

TROUBLES = frozenset(
    {
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
    }
)
"""Reasons for which a container waits that do not go away by waiting."""


@dataclass(frozen=True)
class Pod:
    """A pod that has not ended.

    ``port`` is that of its operations; ``host`` is empty until it has an address; ``revision`` names its template;
    ``created`` in seconds since the epoch; ``marks`` are its annotations COST and EVICTABLE; ``trouble`` says why it
    does not start, or is empty.
    """

    name: str
    component: str
    host: str
    port: int
    node: str
    revision: str
    created: float
    ready: bool
    running: bool
    terminating: bool
    marks: tuple[str | None, str | None]
    trouble: str

    @classmethod
    def read(cls, data: dict[str, Any], port: int) -> Pod | None:
        """Read the API's object; None for a pod that has ended. ``port`` stands in where none is named operations."""
        metadata, spec, status = data["metadata"], data["spec"], data.get("status", {})
        if status.get("phase") in ("Succeeded", "Failed"):
            return None
        labels, annotations = metadata.get("labels", {}), metadata.get("annotations", {})
        return cls(
            name=metadata["name"],
            component=labels.get("app.kubernetes.io/component", ""),
            host=status.get("podIP", ""),
            port=_operations_port(spec, port),
            node=spec.get("nodeName", ""),
            revision=labels.get("pod-template-hash", ""),
            created=_epoch(metadata.get("creationTimestamp", "")),
            ready=_condition(status, "Ready").get("status") == "True",
            running=status.get("phase") == "Running" and bool(status.get("podIP")),
            terminating="deletionTimestamp" in metadata,
            marks=(annotations.get(COST), annotations.get(EVICTABLE)),
            trouble=_trouble(status),
        )


class Pods:
    """The pods of ``release``, kept up to date by ``follow``.

    ``synced`` is whether all were listed once; while the API is not ``reachable`` the last picture stays.
    """

    def __init__(self, api: Api, release: str, port: int) -> None:
        self._api = api
        self._selector = f"app.kubernetes.io/instance={release},app.kubernetes.io/component in ({FRONT},{REPLICA})"
        self._port = port
        self._found: dict[str, Pod] = {}
        self._version = ""
        self.synced = False
        self.reachable = False

    def of(self, component: str) -> list[Pod]:
        """Return the pods of a component that have not ended."""
        return [pod for pod in self._found.values() if pod.component == component]

    async def follow(self) -> None:
        """List and watch for ever."""
        rest = 0.0
        while True:
            try:
                self._version = self._version or await self._list()
                self.reachable = True
                await self._watch()
                rest = 0.0
            except KubernetesError as error:
                rest = self._fail(error, rest)
            await asyncio.sleep(rest)

    def _fail(self, error: KubernetesError, rest: float) -> float:
        """Note what went wrong; return how long to rest (s) after a rest of ``rest``."""
        if error.status:
            # A watch that only broke goes on where it was; what is too old (410) or refused begins anew.
            self._version = ""
        if error.status != GONE:
            if self.reachable:
                logger.warning("the pods cannot be watched: %s", error)
            self.reachable = False
        return min(max(rest * 2, FIRST_REST), LONGEST_REST)

    async def _list(self) -> str:
        found: dict[str, Pod] = {}
        query = {"labelSelector": self._selector, "limit": PAGE}
        while True:
            answer = await self._api.get("v1/pods", **query)
            pods = (Pod.read(item, self._port) for item in answer["items"])
            found |= {pod.name: pod for pod in pods if pod}
            query["continue"] = answer["metadata"].get("continue", "")
            if not query["continue"]:
                break
        self._found = found
        self.synced = True
        return str(answer["metadata"]["resourceVersion"])

    async def _watch(self) -> None:
        """Follow changes until the API ends the watch."""
        query = {"labelSelector": self._selector, "resourceVersion": self._version}
        async for event in self._api.watch("v1/pods", **query):
            self._version = event["object"]["metadata"]["resourceVersion"]
            self._take(event)

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "BOOKMARK":
            return
        name = event["object"]["metadata"]["name"]
        pod = Pod.read(event["object"], self._port) if event["type"] != "DELETED" else None
        if pod:
            self._found[name] = pod
        else:
            self._found.pop(name, None)


def _operations_port(spec: dict[str, Any], port: int) -> int:
    ports = (one for container in spec.get("containers", []) for one in container.get("ports", []))
    return next((int(one["containerPort"]) for one in ports if one.get("name") == "operations"), port)


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def _condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    return next((one for one in status.get("conditions", []) if one["type"] == kind), {})


def _trouble(status: dict[str, Any]) -> str:
    scheduled = _condition(status, "PodScheduled")
    if scheduled.get("reason") == "Unschedulable":
        return f"no node has room for it: {scheduled.get('message', '')}"[:LONGEST_TROUBLE]
    for container in (*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])):
        waiting, ended = container.get("state", {}).get("waiting", {}), _ended(container)
        failed = bool(ended.get("exitCode")) and not container.get("ready")
        if failed or waiting.get("reason") in TROUBLES:
            words = ended.get("message") or waiting.get("message") or ended.get("reason") or waiting["reason"]
            return str(words).strip()[-LONGEST_TROUBLE:]
    return ""


def _ended(container: dict[str, Any]) -> dict[str, Any]:
    """Return how the container's process ended that ran last; empty if the present one is the first."""
    for state in (container.get("state", {}), container.get("lastState", {})):
        if "terminated" in state:
            ended: dict[str, Any] = state["terminated"]
            return ended
    return {}
