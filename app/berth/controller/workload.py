"""The replicas' Deployment and its autoscaler, as the Kubernetes API has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from berth.controller.api import Api
from berth.controller.rule import load_wish


@dataclass(frozen=True)
class Deployment:
    """``replicas`` are wished for; ``revision`` is the newest pods' template hash, or empty if that is not said.

    ``rolling`` is whether older pods are still being replaced; ``refused`` says why pods cannot be made, or is empty.
    """

    uid: str
    replicas: int
    revision: str
    rolling: bool
    refused: str

    @classmethod
    def read(cls, data: dict[str, Any]) -> Deployment:
        """Read the API's object."""
        metadata, spec, status = data["metadata"], data["spec"], data.get("status", {})
        conditions = {one["type"]: one for one in status.get("conditions", [])}
        failure = conditions.get("ReplicaFailure", {})
        progress = str(conditions.get("Progressing", {}).get("message", ""))
        # The only place, besides ReplicaSets, that says which of them is the newest.
        newest = re.search(rf'"{re.escape(metadata["name"])}-([a-z0-9]+)"', progress)
        return cls(
            uid=metadata["uid"],
            replicas=spec.get("replicas", 1),
            revision=newest[1] if newest else "",
            rolling=status.get("updatedReplicas", 0) != status.get("replicas", 0)
            or status.get("observedGeneration", 0) < metadata.get("generation", 0),
            refused=str(failure.get("message", "")) if failure.get("status") == "True" else "",
        )


@dataclass(frozen=True)
class Autoscaler:
    """A HorizontalPodAutoscaler: its floor and ceiling, and whether it may add pods.

    ``active`` is whether it knows its metric; if not, it never scales down. ``wish`` is how many pods the
    load asks for.
    """

    floor: int
    ceiling: int
    may_add: bool
    active: bool
    wish: int

    @classmethod
    def read(cls, data: dict[str, Any]) -> Autoscaler:
        """Read the API's object."""
        spec, status = data["spec"], data.get("status", {})
        active = any(one["type"] == "ScalingActive" and one["status"] == "True" for one in status.get("conditions", []))
        return cls(
            floor=spec.get("minReplicas", 1),
            ceiling=spec["maxReplicas"],
            may_add=spec.get("behavior", {}).get("scaleUp", {}).get("selectPolicy", "Max") != "Disabled",
            active=active,
            wish=_wish(spec, status) if active else 0,
        )


class Workload:
    """Deployment and autoscaler of ``release``. All methods raise KubernetesError."""

    def __init__(self, api: Api, release: str) -> None:
        self.name = f"{release}-replica"
        self._api = api
        self._autoscaler = f"autoscaling/v2/horizontalpodautoscalers/{self.name}"
        self._deployment = f"apps/v1/deployments/{self.name}"

    async def deployment(self) -> Deployment:
        """Read the Deployment."""
        return Deployment.read(await self._api.get(self._deployment))

    async def autoscaler(self) -> Autoscaler | None:
        """Read the autoscaler; None if there is none."""
        found = await self._api.find(self._autoscaler)
        return Autoscaler.read(found) if found else None

    async def set_floor(self, floor: int) -> None:
        """Let the autoscaler keep at least ``floor`` replicas."""
        await self._apply({"minReplicas": floor})

    async def set_floor_and_policy(self, floor: int, may_add: bool) -> None:
        """Besides, let it add replicas for the load, or not."""
        policy = "Max" if may_add else "Disabled"
        await self._apply({"minReplicas": floor, "behavior": {"scaleUp": {"selectPolicy": policy}}})

    async def scale(self, replicas: int) -> None:
        """Set the number of replicas, past the autoscaler."""
        await self._api.merge(f"{self._deployment}/scale", {"spec": {"replicas": replicas}})

    async def _apply(self, spec: dict[str, Any]) -> None:
        body = {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": self.name},
            "spec": spec,
        }
        await self._api.apply(self._autoscaler, body)


def _wish(spec: dict[str, Any], status: dict[str, Any]) -> int:
    """Return how many replicas the CPU's utilization asks for; 0 if that is not the metric."""
    targets = [
        one["resource"]["target"].get("averageUtilization", 0) for one in spec.get("metrics", []) if "resource" in one
    ]
    found = status.get("currentMetrics") or []
    loads = [one["resource"]["current"].get("averageUtilization", 0) for one in found if "resource" in one]
    return max(
        (load_wish(status.get("currentReplicas", 0), *pair) for pair in zip(loads, targets, strict=False)), default=0
    )
