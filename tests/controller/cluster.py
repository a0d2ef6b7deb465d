"""A small Kubernetes API on 127.0.0.1: pods, one Deployment with its autoscaler, Events and Secrets.

It obeys ``scale`` and ``minReplicas`` as Kubernetes does, and answers wrongly, late or not at all where told.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from berth.controller.pods import COST

Json = dict[str, Any]

NAMESPACE, RELEASE = "here", "web"
REPLICAS = f"{RELEASE}-replica"


@dataclass
class Fault:
    """What is answered instead, ``times`` times, to calls of ``method`` whose path ends with ``path``.

    Status 0 never answers.
    """

    method: str
    path: str
    status: int
    message: str = "so it was told"
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 10**9
    met: int = 0


@dataclass
class FakeCluster:
    """Objects of one namespace. ``port`` is that of all operations; pods get addresses from 127.0.1.1 on."""

    port: int
    replicas: int = 0
    obeys: bool = True
    ready_at_once: bool = True
    pods: dict[str, Json] = field(default_factory=dict)
    conditions: dict[str, Json] = field(default_factory=dict)
    autoscaler: Json | None = None
    events: dict[str, Json] = field(default_factory=dict)
    secrets: dict[str, Json] = field(default_factory=dict)
    deployments: set[str] = field(default_factory=lambda: {REPLICAS, f"{RELEASE}-controller"})
    faults: list[Fault] = field(default_factory=list)
    calls: list[tuple[str, str, Json]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    revision: str = "aaa"
    version: int = 100
    oldest: int = 0
    terminating: bool = False
    _born: int = 0
    _changes: list[Json] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    # What a test does

    def with_autoscaler(self, **spec: Any) -> FakeCluster:
        """Have an autoscaler, without a floor, that knows its metric."""
        conditions = [{"type": "ScalingActive", "status": "True"}]
        self.autoscaler = {"spec": {"maxReplicas": 1000, **spec}, "status": {"conditions": conditions}}
        return self

    def add_pod(self, component: str = "replica", ready: bool = True, port: int = 0) -> str:
        """Make a pod; return its name."""
        self._born += 1
        number = self._born
        name = f"{RELEASE}-{component}-{number:04}"
        part = {"app.kubernetes.io/instance": RELEASE, "app.kubernetes.io/component": component}
        self.pods[name] = {
            "metadata": {
                "name": name,
                "labels": {**part, "pod-template-hash": self.revision},
                "creationTimestamp": f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
            },
            "spec": {
                "nodeName": "node-1",
                "containers": [{"ports": [{"name": "operations", "containerPort": port or self.port}]}],
            },
            "status": {"phase": "Running", "podIP": f"127.0.{1 + number // 250}.{1 + number % 250}"},
        }
        self.set_ready(name, ready)
        return name

    def set_ready(self, name: str, ready: bool) -> None:
        """Let a pod become ready, or not."""
        self.pods[name]["status"]["conditions"] = [{"type": "Ready", "status": str(ready)}]
        self.change("MODIFIED", self.pods[name])

    def terminate(self, name: str) -> None:
        """Begin to end a pod, which stays."""
        self.pods[name]["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z"
        self.change("MODIFIED", self.pods[name])

    def delete(self, name: str) -> None:
        """Let a pod be gone."""
        self.deleted.append(name)
        self.change("DELETED", self.pods.pop(name))

    def host(self, name: str) -> str:
        """Return a pod's address."""
        return str(self.pods[name]["status"]["podIP"])

    def fail(self, method: str, path: str, status: int, **more: Any) -> Fault:
        """Answer wrongly from now on."""
        fault = Fault(method, path, status, **more)
        self.faults.append(fault)
        return fault

    def of(self, component: str) -> list[str]:
        """Return the names of a component's pods that are not being ended."""
        pods = ((name, pod["metadata"]) for name, pod in self.pods.items())
        return [
            name
            for name, metadata in pods
            if metadata["labels"]["app.kubernetes.io/component"] == component and "deletionTimestamp" not in metadata
        ]

    def called(self, method: str, end: str) -> list[Json]:
        """Return the bodies of all calls to paths that end so."""
        return [body for verb, path, body in self.calls if verb == method and path.endswith(end)]

    def messages(self, reason: str) -> list[str]:
        """Return the Events' messages."""
        return [event["message"] for event in self.events.values() if event["reason"] == reason]

    # What Kubernetes does

    def change(self, kind: str, thing: Json) -> None:
        """Tell all who watch."""
        self.version += 1
        thing["metadata"]["resourceVersion"] = str(self.version)
        self._changes.append({"type": kind, "object": json.loads(json.dumps(thing))})
        self._changed.set()
        self._changed = asyncio.Event()

    def scale(self, replicas: int) -> None:
        """Bring the pods to a number as a Deployment does: those go first that are not ready, then the cheapest."""
        self.replicas = replicas
        if not self.obeys:
            return
        live = sorted(self.of("replica"), key=self._rank)
        for name in live[: max(len(live) - replicas, 0)]:
            if self.terminating:
                self.terminate(name)
            else:
                self.delete(name)
        for _ in range(replicas - len(live)):
            self.add_pod(ready=self.ready_at_once)

    def _rank(self, name: str) -> tuple[bool, int]:
        pod = self.pods[name]
        ready = pod["status"]["conditions"][0]["status"] == "True"
        return ready, int(pod["metadata"].get("annotations", {}).get(COST, 0))

    def _autoscale(self) -> None:
        assert self.autoscaler
        active = self.autoscaler["status"]["conditions"][0]["status"] == "True"
        floor = self.autoscaler["spec"].get("minReplicas", 1)
        if self.replicas < floor or (active and self.replicas > floor):
            self.scale(floor)

    # HTTP

    def application(self) -> web.Application:
        """Return the server."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path, body = request.path, (await request.json() if request.can_read_body else {})
        self.calls.append((request.method, path, body))
        for fault in self.faults:
            if fault.method == request.method and path.endswith(fault.path) and fault.met < fault.times:
                fault.met += 1
                await asyncio.sleep(3600 if not fault.status else 0)
                return _status(fault.status, fault.message, fault.headers)
        kind = path.split(f"/namespaces/{NAMESPACE}/")[1]
        if kind == "pods" and "watch" in request.query:
            return await self._watch(request)
        return self._object(request, kind, body)

    def _object(self, request: web.Request, kind: str, body: Json) -> web.Response:
        resource, *names = kind.split("/")
        if resource == "pods":
            return self._list(request) if not names else self._annotate(names[0], body)
        if resource == "deployments":
            return self._deployment(names, body)
        if resource == "horizontalpodautoscalers":
            return self._hpa(request, body)
        kept = self.events if resource == "events" else self.secrets
        if request.method == "POST":
            return self._create(kept, body)
        if names[0] not in kept:
            return _status(404, f"{names[0]} not found")
        kept[names[0]] |= body
        return web.json_response(kept[names[0]])

    def _list(self, request: web.Request) -> web.Response:
        start, limit = int(request.query.get("continue") or 0), int(request.query["limit"])
        page = list(self.pods.values())[start : start + limit]
        more = str(start + limit) if start + limit < len(self.pods) else ""
        return web.json_response({"items": page, "metadata": {"resourceVersion": str(self.version), "continue": more}})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        since = int(request.query["resourceVersion"])
        response = web.StreamResponse()
        await response.prepare(request)
        if since < self.oldest:
            gone = {"type": "ERROR", "object": {"code": 410, "message": "too old"}}
            await response.write(json.dumps(gone).encode() + b"\n")
            return response
        # Each change raised the version by one, so that the number of those to skip follows.
        told = max(len(self._changes) - (self.version - since), 0)
        ends = asyncio.get_running_loop().time() + int(request.query["timeoutSeconds"])
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            changed = self._changed
            lines = [json.dumps(one).encode() + b"\n" for one in self._changes[told:]]
            told = len(self._changes)
            if lines:
                await response.write(b"".join(lines))
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), left)
        return response

    def _annotate(self, name: str, body: Json) -> web.Response:
        if name not in self.pods:
            return _status(404, "gone")
        self.pods[name]["metadata"].setdefault("annotations", {}).update(body["metadata"]["annotations"])
        self.change("MODIFIED", self.pods[name])
        return web.json_response(self.pods[name])

    def _deployment(self, names: list[str], body: Json) -> web.Response:
        if names[0] not in self.deployments:
            return _status(404, "not found")
        if names[1:] == ["scale"]:
            self.scale(body["spec"]["replicas"])
            return web.json_response({})
        live = self.of("replica")
        newest = sum(self.pods[name]["metadata"]["labels"]["pod-template-hash"] == self.revision for name in live)
        progress = {"type": "Progressing", "status": "True", "message": f'ReplicaSet "{REPLICAS}-{self.revision}" …'}
        return web.json_response(
            {
                "metadata": {"name": names[0], "uid": f"uid-of-{names[0]}", "generation": 1},
                "spec": {"replicas": self.replicas},
                "status": {
                    "replicas": len(live),
                    "updatedReplicas": newest,
                    "observedGeneration": 1,
                    "conditions": [progress, *self.conditions.values()],
                },
            }
        )

    def _hpa(self, request: web.Request, body: Json) -> web.Response:
        if self.autoscaler is None:
            return _status(404, "no autoscaler")
        if request.method == "PATCH":
            assert request.query["fieldManager"] == "berth-controller"
            assert request.query["force"] == "true"
            if body["spec"]["minReplicas"] > self.autoscaler["spec"]["maxReplicas"]:
                return _status(422, "the floor is above the ceiling")
            self.autoscaler["spec"] |= body["spec"]
            self._autoscale()
        return web.json_response(self.autoscaler)

    def _create(self, kept: dict[str, Json], body: Json) -> web.Response:
        name = body["metadata"]["name"]
        if name in kept:
            return _status(409, f"{name} exists")
        kept[name] = {**body, "uid": secrets.token_hex(4)}
        return web.json_response(kept[name], status=201)


def _status(code: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"kind": "Status", "message": message}, status=code, headers=headers)


@asynccontextmanager
async def served(application: web.Application, host: str, port: int) -> AsyncIterator[web.AppRunner]:
    """Serve until the block ends, which also ends all connections."""
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port, reuse_address=True).start()
    try:
        yield runner
    finally:
        await runner.cleanup()
