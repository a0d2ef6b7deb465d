"""What the controller does when the Kubernetes API refuses, forgets, is slow or is gone."""

from __future__ import annotations

import asyncio
import time

import pytest

from berth.controller.api import Api
from berth.controller.controller import Controller
from berth.errors import ConfigurationError, KubernetesError
from tests.controller.cluster import REPLICAS, served
from tests.controller.town import House
from tests.controller.world import World, play, running, world


def test_a_missing_right_is_named_once_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """Without the right to mark pods nothing is removed, but more are still added."""

    @play
    async def scenario() -> None:
        async with world() as all_of_it:
            cluster = all_of_it.cluster
            names = [all_of_it.replica() for _ in range(3)]
            for name in names:
                cluster.fail("PATCH", f"pods/{name}", 403)
            cluster.fail("POST", "/events", 403)
            async with running(all_of_it):
                await all_of_it.until(lambda: all_of_it.controller.picture)
                await all_of_it.rounds(4)
                assert cluster.deleted == []
                for name in names:
                    all_of_it.house(name).visitors.append(name)
                await all_of_it.until(lambda: len(cluster.of("replica")) == 4)
                # The Event is tried after the replicas have been opened.
                await all_of_it.until(lambda: cluster.called("POST", "/events"))
                await all_of_it.rounds(2)

    scenario()
    said = [record.getMessage() for record in caplog.records if "right is missing" in record.getMessage()]
    assert sorted(said) == [
        "a right is missing: create events of the core group in namespace here; add it to the controller's Role",
        "a right is missing: patch pods of the core group in namespace here; add it to the controller's Role",
    ]


@play
async def test_a_watch_that_is_too_old_begins_anew() -> None:
    """410 Gone leads to a new list, after which changes are seen again."""
    async with world() as all_of_it:
        all_of_it.replica("a")
        all_of_it.cluster.oldest = 10**6
        async with running(all_of_it):
            await all_of_it.until(lambda: len(all_of_it.cluster.called("GET", "/pods")) > 4)
            all_of_it.cluster.oldest = 0
            await all_of_it.until(lambda: all_of_it.controller.picture and len(all_of_it.controller.picture.ready) == 2)


async def _lobbies_hear_on(all_of_it: World, front: House) -> None:
    """While the API is away and a visitor begins to wait, news of both replicas and of the queue come on."""
    front.waiting = [("b", 1.0)]
    heard = len(front.news)
    await all_of_it.until(lambda: len(front.news) > heard + 5)
    assert [one.visitor for one in front.news[-1].waiting] == ["b"]
    assert len(front.news[-1].replicas) == 2


@play
async def test_while_the_api_is_away_lobbies_hear_on_and_nothing_is_lost() -> None:
    """Replicas and queues are still asked; when the API is back, what was missed is done."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        all_of_it.replica("a")
        all_of_it.replica()
        front = all_of_it.front()
        async with running(all_of_it):
            await all_of_it.until(lambda: len(front.news) > 2)
            outage = [cluster.fail(method, "", 500) for method in ("GET", "PATCH", "POST")]
            await _lobbies_hear_on(all_of_it, front)
            assert len(cluster.of("replica")) == 2
            assert all_of_it.controller.alive
            for fault in outage:
                fault.times = 0
            await all_of_it.until(lambda: len(cluster.of("replica")) == 3)


@play
async def test_an_api_that_hangs_does_not_hold_up_the_rounds() -> None:
    """A step waits; looking and telling do not."""
    async with world() as all_of_it:
        all_of_it.replica("a")
        front = all_of_it.front()
        all_of_it.cluster.fail("GET", REPLICAS, 0)
        async with running(all_of_it):
            await all_of_it.until(lambda: len(front.news) > 10)


@play
async def test_an_api_that_refuses_connections_holds_up_nothing() -> None:
    """Rounds and news go on without it; when it listens again, what was missed is done."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        all_of_it.replica("a")
        all_of_it.replica()
        front = all_of_it.front()
        async with running(all_of_it):
            await all_of_it.until(lambda: len(front.news) > 2)
            await all_of_it.refuse()
            calls = len(cluster.calls)
            await _lobbies_hear_on(all_of_it, front)
            await all_of_it.until(lambda: all_of_it.controller.api.errors.get("none", 0) > 2)
            assert len(cluster.calls) == calls
            assert all_of_it.controller.alive
            async with served(cluster.application(), "127.0.0.1", all_of_it.api_port):
                await all_of_it.until(lambda: len(cluster.of("replica")) == 3)
                await all_of_it.until(lambda: len(front.news[-1].replicas) == 3)


@play
async def test_an_api_that_asks_for_patience_is_left_alone() -> None:
    """Until Retry-After is over no call is made, though rounds go on; then the step is done."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        all_of_it.replica("a")
        front = all_of_it.front()
        fault = cluster.fail("GET", f"deployments/{REPLICAS}", 429, headers={"Retry-After": "3"}, times=1)
        async with running(all_of_it):
            await all_of_it.until(lambda: fault.met)
            asked = time.monotonic()
            # Calls that were under way already may still arrive.
            await asyncio.sleep(0.3)
            made, heard = len(cluster.calls), len(front.news)
            await all_of_it.until(lambda: len(cluster.calls) > made)
            assert time.monotonic() - asked > 2.5
            assert len(front.news) > heard + 3
            await all_of_it.until(lambda: len(cluster.of("replica")) == 2)


@play
async def test_no_watch_is_begun_while_the_api_asks_for_patience() -> None:
    """A watch is a call, too."""
    async with world() as all_of_it:
        api, cluster = all_of_it.controller.api, all_of_it.cluster
        cluster.fail("GET", REPLICAS, 429, headers={"Retry-After": "30"}, times=1)
        with pytest.raises(KubernetesError):
            await api.get(f"apps/v1/deployments/{REPLICAS}")
        cluster.calls.clear()
        with pytest.raises(KubernetesError, match="left alone"):
            await anext(api.watch("v1/pods", resourceVersion="0"))
        assert cluster.calls == []


@play
async def test_a_conflict_is_tried_again() -> None:
    """409 and 500 cost one round each."""
    async with world() as all_of_it:
        all_of_it.replica("a")
        for status in (409, 500):
            all_of_it.cluster.fail("PATCH", f"horizontalpodautoscalers/{REPLICAS}", status, times=1)
        async with running(all_of_it):
            await all_of_it.until(lambda: len(all_of_it.cluster.of("replica")) == 2)
        assert all_of_it.controller.api.errors == {"409": 1, "500": 1}


@play
async def test_a_new_controller_goes_on_where_the_last_one_was_ended() -> None:
    """Its restart changes nothing: no write at all."""
    async with world() as all_of_it:
        all_of_it.replica("a")
        all_of_it.replica()
        async with running(all_of_it):
            await all_of_it.until(lambda: all_of_it.controller.picture)
            await all_of_it.rounds(4)
        all_of_it.cluster.calls.clear()
        all_of_it.controller = Controller(all_of_it.controller.settings, all_of_it.controller.api)
        async with running(all_of_it):
            await all_of_it.until(lambda: all_of_it.controller.picture)
            await all_of_it.rounds(4)
        assert {method for method, _, _ in all_of_it.cluster.calls} == {"GET"}


def test_a_cluster_that_cannot_be_found_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a pod nor with a kubeconfig."""
    from kubernetes.aio.config import kube_config

    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", "/nowhere/config")
    with pytest.raises(ConfigurationError, match="set KUBECONFIG"):
        asyncio.run(Api.connect("here"))
