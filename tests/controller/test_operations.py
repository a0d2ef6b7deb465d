"""The controller's operations port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from berth.controller import controller, operations
from berth.errors import ConfigurationError
from tests.controller.world import World, play, running, world
from tests.lobby.supervisor import free_port


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[World, aiohttp.ClientSession]]:
    """Have a world whose controller listens, and a client of it."""
    port = free_port()
    async with world(operations_port=port) as all_of_it:
        server = operations.listen(all_of_it.controller)
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
                yield all_of_it, client
        finally:
            server.stop()


async def get(client: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    """Return status and text."""
    async with client.get(path) as response:
        return response.status, await response.text()


@play
async def test_readyz_follows_the_first_round() -> None:
    """503 before, 200 after; the controller lives all the time."""
    async with opened() as (all_of_it, client):
        assert await get(client, "/readyz") == (503, "No round has ended yet.\n")
        assert await get(client, "/livez") == (200, "ok\n")
        async with running(all_of_it):
            await all_of_it.rounds()
            assert await get(client, "/readyz") == (200, "ok\n")
            assert await get(client, "/livez") == (200, "ok\n")


def test_livez_fails_once_no_round_has_ended_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the kubelet restarts a controller that hangs."""

    @play
    async def scenario() -> None:
        async with opened() as (_, client):
            assert (await get(client, "/livez"))[0] == 200
            monkeypatch.setattr(controller, "STALE", 0.0)
            assert await get(client, "/livez") == (503, "No round has ended for a minute.\n")

    scenario()


@play
async def test_status_says_what_is_wanted_and_what_is_there() -> None:
    """Before the first round it is empty; then it names every replica, who waits, and what was done last."""
    async with opened() as (all_of_it, client):
        async with client.get("/status") as response:
            before = await response.json()
        assert (before["wanted"], before["pods"], before["complete"]) == (0, [], False)
        name = all_of_it.replica("a")
        all_of_it.front("b")
        async with running(all_of_it):
            await all_of_it.until(lambda: len(all_of_it.cluster.of("replica")) == 3)
            await all_of_it.rounds()
            async with client.get("/status") as response:
                found = await response.json()
        assert (found["wanted"], found["replicas"], found["floor"]) == (3, 3, 3)
        assert found["maximum"] == all_of_it.controller.settings.max_replicas
        assert (found["waiting"], found["complete"]) == (["b"], True)
        assert found["latest"] == "1 -> 3 replicas: 1 seat taken, 1 visitor waits, 1 spare"
        pods = {pod["name"]: pod for pod in found["pods"]}
        assert len(pods) == 3
        assert pods[name]["visitors"] == 1
        assert pods[name]["ready"]
        assert not pods[name]["cordoned"]
        assert pods[name]["trouble"] == ""


@play
async def test_metrics_count_replicas_seats_visitors_and_errors() -> None:
    """By the names that dashboards rely on."""
    async with opened() as (all_of_it, client):
        all_of_it.replica("a")
        all_of_it.front("b")
        all_of_it.cluster.fail("GET", "replica", 500, times=1)
        async with running(all_of_it):
            await all_of_it.until(lambda: len(all_of_it.cluster.of("replica")) == 3)
            await all_of_it.rounds()
            status, text = await get(client, "/metrics")
        assert status == 200
        for line in (
            'berth_replicas{state="wanted"} 3.0',
            'berth_replicas{state="ready"} 3.0',
            'berth_replicas{state="occupied"} 1.0',
            'berth_seats{state="taken"} 1.0',
            'berth_seats{state="free"} 2.0',
            "berth_waiting 1.0",
            'berth_api_errors_total{status="500"} 1.0',
        ):
            assert line in text.splitlines()
        assert "berth_rounds_seconds_count" in text


@play
async def test_a_port_in_use_is_a_sentence() -> None:
    """It names the setting and the way out."""
    async with opened() as (all_of_it, _):
        with pytest.raises(ConfigurationError, match=r"BERTH_OPERATIONS_PORT=.* cannot be opened"):
            operations.listen(all_of_it.controller)
