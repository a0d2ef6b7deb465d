"""One release of the chart: installed, reached, looked at, removed."""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.e2e.kubectl import CommandFailed, Namespace, names, raw
from tests.support.client import Browser
from tests.support.polling import until

CHART = Path(__file__).parents[2] / "helm"

IMAGE = os.environ.get("E2E_IMAGE", "docker.io/library/berth:dev")
"""An image that the cluster's nodes have, or can pull."""

HOST = os.environ.get("E2E_HOST", "127.0.0.1")
"""Where the NodePorts of the cluster's nodes are reached from here."""

USERS = tuple(f"user{number}" for number in range(24))
PASSWORD = "correct horse"

Pod = dict[str, Any]


class Release:
    """A release named ``name`` in a namespace of its own."""

    def __init__(self, namespace: Namespace, name: str = "berth") -> None:
        self.namespace = namespace
        self.name = name
        self.values: dict[str, Any] = {}
        self.node_port = random.randint(30000, 32767)

    # Life

    def install(self, **values: Any) -> None:
        """Install with these values (nested dictionaries) on top of the image; returns at once."""
        self.values = merged(image_values(IMAGE), values)
        self._helm("install", *self._flags())

    def upgrade(self, **values: Any) -> None:
        """Upgrade, with these values changed."""
        self.values = merged(self.values, values)
        self._helm("upgrade", *self._flags())

    def uninstall(self) -> None:
        """Uninstall, end the pods that drain, and wait until nothing of it is left that would slow what comes next."""
        self.namespace.helm("uninstall", self.name, "--ignore-not-found")
        self.namespace.kubectl("delete", "pods", "--all", "--force", "--grace-period=0", "--wait=false")
        mine = f"app.kubernetes.io/instance={self.name}"
        until(lambda: not self.namespace.get("pods", "--selector", mine), 60, pause=0.5, said=self.picture)

    def _helm(self, verb: str, *arguments: str) -> None:
        self.namespace.helm(verb, self.name, str(CHART), *arguments)

    def _flags(self) -> Sequence[str]:
        return [f"--set-json={key}={json.dumps(value)}" for key, value in self.values.items()]

    # Visitors

    @property
    def url(self) -> str:
        """The front's address from here."""
        return f"http://{HOST}:{self.node_port}"

    def reachable(self) -> dict[str, Any]:
        """Values with which the front is reached at ``url``."""
        return {"appUrl": self.url, "front": {"service": {"type": "NodePort", "nodePort": self.node_port}}}

    def browser(self, user: str = USERS[0], password: str = PASSWORD) -> Browser:
        """A browser that has logged in."""
        made = Browser(self.url)
        answer = made.log_in(user, password)
        assert answer.status_code == 303, (answer.status_code, answer.text[:500])
        return made

    def secret(self, key: str) -> str:
        """A value of the Secret that the controller made."""
        found = self.namespace.get("secret", f"{self.name}-secret")
        return base64.b64decode(found["data"][key]).decode()

    # What there is

    def pods(self, component: str) -> list[Pod]:
        """The pods of a component, those that end included."""
        selector = f"app.kubernetes.io/instance={self.name},app.kubernetes.io/component={component}"
        found: list[Pod] = self.namespace.get("pods", "--selector", selector)
        return found

    def lasting(self, *components: str) -> list[Pod]:
        """The pods of these components that are not ending."""
        pods = [pod for component in components for pod in self.pods(component)]
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def replicas(self) -> list[Pod]:
        """The replica's pods that are not ending."""
        return self.lasting("replica")

    def ready(self, component: str = "replica") -> list[Pod]:
        """Those pods that are ready and not ending."""
        return [pod for pod in self.lasting(component) if is_ready(pod)]

    def await_ready(self, component: str, count: int, patience: float = 90) -> list[Pod]:
        """Wait until exactly so many pods of a component are there, and all ready."""

        def look() -> list[Pod] | None:
            there = self.lasting(component)
            return there if len(there) == count == sum(is_ready(pod) for pod in there) else None

        return until(look, patience, said=lambda: self.picture())

    def await_all(self, replicas: int = 1) -> None:
        """Wait until two fronts, the controller and so many replicas are ready."""
        self.await_ready("front", 2)
        self.await_ready("controller", 1)
        self.await_ready("replica", replicas)

    def seats(self) -> dict[str, tuple[str, ...]]:
        """Visitors by replica pod, as each supervisor says."""
        said = self._statuses("replica")
        return {
            pod: tuple(visitor for berth in status["berths"] for visitor in berth["visitors"])
            for pod, status in said.items()
        }

    def queues(self) -> dict[str, tuple[str, ...]]:
        """Visitors who wait, in order, by front pod."""
        return {pod: tuple(one[1] for one in status["waiting"]) for pod, status in self._statuses("front").items()}

    def _statuses(self, component: str) -> dict[str, Any]:
        """What the operations ports of a component's pods say; without those that do not answer."""
        pods = names(self.pods(component))
        with ThreadPoolExecutor(max(len(pods), 1)) as pool:
            said = pool.map(self._status, pods)
        return {pod: status for pod, status in zip(pods, said, strict=True) if status}

    def _status(self, pod: str) -> Any:
        with suppress(CommandFailed):
            return raw(f"/api/v1/namespaces/{self.namespace.name}/pods/{pod}:9090/proxy/status")
        return None

    def floor(self) -> int:
        """The autoscaler's minReplicas."""
        return int(self.namespace.get("hpa", f"{self.name}-replica")["spec"]["minReplicas"])

    def events(self) -> list[str]:
        """What the controller and others say about the replica's Deployment."""
        return self.namespace.events(f"{self.name}-replica")

    def picture(self) -> str:
        """What one wants to see when something was not as expected."""
        pods = self.namespace.kubectl("get", "pods", "--output", "wide")
        logs = []
        for name in names(self.pods("controller") + self.pods("front")):
            with suppress(CommandFailed):
                logs.append(self.namespace.kubectl("logs", name, "--all-containers", "--tail=25", "--prefix"))
        return "\n".join([pods, *self.events()[-20:], *logs])


def is_ready(pod: Pod) -> bool:
    """Whether the pod's condition says so."""
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return the values of both; the second's win, deep inside too."""
    result = dict(first)
    for key, value in second.items():
        inner = result.get(key)
        result[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return result


def image_values(image: str) -> dict[str, Any]:
    """Return the values that choose an image by its full name."""
    repository, _, tag = image.rpartition(":")
    return {"image": {"repository": repository, "tag": tag, "pullPolicy": "IfNotPresent"}}
