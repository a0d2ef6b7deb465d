"""A controller among a fake API, fake supervisors and fake lobbies, all over real HTTP."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from berth.controller.api import Api
from berth.controller.controller import Controller
from berth.settings import Settings
from berth.tickets import Keys
from tests.controller.cluster import NAMESPACE, RELEASE, FakeCluster, served
from tests.controller.town import House, Town
from tests.lobby.supervisor import free_port

SECRET = "s" * 40
KEYS = Keys(SECRET)

DEADLINE = 15.0
"""Seconds in which anything must have come true."""


@dataclass
class World:
    """The controller and everything around it."""

    cluster: FakeCluster
    town: Town
    controller: Controller
    api_port: int
    server: web.AppRunner

    async def refuse(self) -> None:
        """Let the API's port refuse connections, and end those that there are."""
        await self.server.cleanup()

    def house(self, name: str) -> House:
        """Return the supervisor or lobby in a pod."""
        return self.town.houses[self.cluster.host(name)]

    def replica(self, *visitors: str, ready: bool = True, seats: int = 1) -> str:
        """Add a replica with these visitors; return its pod's name."""
        name = self.cluster.add_pod(ready=ready)
        self.house(name).visitors += visitors
        self.house(name).seats = seats
        self.cluster.replicas += 1
        return name

    def front(self, *waiting: str) -> House:
        """Add a lobby where these wait, in order; return it."""
        house = self.house(self.cluster.add_pod("front"))
        house.waiting = [(visitor, 1000.0 + number) for number, visitor in enumerate(waiting)]
        return house

    async def until(self, true: Callable[[], object], seconds: float = DEADLINE) -> None:
        """Wait until something has come true."""
        ends = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < ends, f"never came true; calls: {self.cluster.calls[-5:]}"
            await asyncio.sleep(0.02)

    async def rounds(self, number: int = 3) -> None:
        """Wait until so many more rounds, and the step that belongs to each, have ended."""
        for _ in range(number):
            before, step = self.controller.picture, self.controller._step
            await self.until(lambda before=before: self.controller.picture is not before)
            await self.until(lambda step=step: self.controller._step is not step and self.controller._step.done())


@asynccontextmanager
async def world(cluster: FakeCluster | None = None, **settings: object) -> AsyncIterator[World]:
    """Have everything but a running controller; ``settings`` are by field."""
    cluster = cluster or FakeCluster(free_port()).with_autoscaler()
    town = Town(KEYS)
    given = Settings.load(
        {"COOKIE_SECRET": SECRET},
        **{
            "namespace": NAMESPACE,
            "release": RELEASE,
            "max_berths": 1,
            "scale_down_delay": 0,
            "operations_port": cluster.port,
            **settings,
        },
    )
    api_port = free_port()
    async with (
        served(cluster.application(), "127.0.0.1", api_port) as server,
        served(town.application(), "0.0.0.0", cluster.port),
    ):
        api = Api(ApiClient(Configuration(host=f"http://127.0.0.1:{api_port}")), NAMESPACE)
        try:
            yield World(cluster, town, Controller(given, api), api_port, server)
        finally:
            await api.close()


@asynccontextmanager
async def running(all_of_it: World) -> AsyncIterator[World]:
    """Run the controller until the block ends."""
    task = asyncio.create_task(all_of_it.controller.run())
    try:
        yield all_of_it
    finally:
        assert not task.done(), task.result()
        task.cancel()
        await asyncio.wait([task])


def play(scenario: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Make a test of a coroutine."""

    @functools.wraps(scenario)
    def test() -> None:
        asyncio.run(asyncio.wait_for(scenario(), 60))

    return test
