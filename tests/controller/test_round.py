"""Whole rounds: what happens to replicas when visitors come, wait and leave."""

from __future__ import annotations

import pytest

from berth.controller import removal
from berth.controller.pods import COST, EVICTABLE
from berth.lobbies import Replica
from tests.controller.cluster import FakeCluster
from tests.controller.world import play, running, world
from tests.lobby.supervisor import free_port


@play
async def test_visitors_who_wait_raise_the_floor_and_the_number_at_once() -> None:
    """Three with seats, one who waits and one spare make five replicas, and an Event says why."""
    async with world() as all_of_it:
        for visitor in "abc":
            all_of_it.replica(visitor)
        all_of_it.front("d")
        async with running(all_of_it):
            await all_of_it.until(lambda: len(all_of_it.cluster.of("replica")) == 5)
            await all_of_it.until(lambda: all_of_it.cluster.messages("ScaledUp"))
        assert all_of_it.cluster.autoscaler["spec"]["minReplicas"] == 5
        why = "3 -> 5 replicas: 3 seats taken, 1 visitor waits, 1 spare"
        assert all_of_it.cluster.messages("ScaledUp") == [why]


@play
async def test_the_number_is_raised_without_waiting_for_the_autoscaler() -> None:
    """An autoscaler that has not looked yet is overtaken by the scale subresource."""
    async with world() as all_of_it:
        all_of_it.replica("a")
        all_of_it.cluster.obeys = False
        async with running(all_of_it):
            await all_of_it.until(lambda: {"spec": {"replicas": 2}} in all_of_it.cluster.called("PATCH", "/scale"))


@play
async def test_only_free_pods_are_removed_and_only_after_they_are_cordoned() -> None:
    """Of six replicas those with visitors stay, whatever their place in the list; one spare stays free."""
    async with world() as all_of_it:
        seated = [all_of_it.replica(*visitors) for visitors in ("a", "", "b", "", "", "")]
        with_visitors = {seated[0], seated[2]}
        async with running(all_of_it):
            await all_of_it.until(lambda: len(all_of_it.cluster.of("replica")) == 3)
            await all_of_it.rounds()
        cluster = all_of_it.cluster
        assert with_visitors <= set(cluster.of("replica"))
        assert all(all_of_it.town.houses[f"127.0.1.{1 + int(name[-4:])}"].cordoned for name in cluster.deleted)
        assert cluster.messages("ScaledDown")[-1].endswith("2 seats taken, nobody waits, 1 spare")
        costs = {name: cluster.pods[name]["metadata"]["annotations"] for name in with_visitors}
        assert all(marks == {COST: "1001", EVICTABLE: "false"} for marks in costs.values())


@play
async def test_marks_are_written_only_on_change() -> None:
    """An unchanged picture makes no writes at all."""
    async with world() as all_of_it:
        all_of_it.replica("a")
        all_of_it.replica()
        async with running(all_of_it):
            await all_of_it.rounds(4)
            all_of_it.cluster.calls.clear()
            await all_of_it.rounds(4)
        assert {method for method, _, _ in all_of_it.cluster.calls} == {"GET"}


@play
async def test_a_visitor_who_comes_just_before_the_cordon_stays() -> None:
    """The supervisor refuses the cordon, and the floor keeps the pod."""
    async with world() as all_of_it:
        names = [all_of_it.replica() for _ in range(3)]
        for name in names:
            all_of_it.house(name).refuses = True
        async with running(all_of_it):
            await all_of_it.rounds(5)
        assert sum(all_of_it.house(name).refused for name in names) > 2
        assert all_of_it.cluster.deleted == []


def test_a_pod_that_is_not_removed_takes_visitors_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, and the next try is only made after a rest."""
    monkeypatch.setattr(removal, "PATIENCE", 0.5)

    @play
    async def scenario() -> None:
        async with world() as all_of_it:
            all_of_it.cluster.obeys = False
            names = [all_of_it.replica() for _ in range(2)]
            async with running(all_of_it):
                await all_of_it.until(
                    lambda: sorted(all_of_it.house(name).cordons for name in names)[1] == [True, False]
                )
                await all_of_it.rounds(4)
            assert sorted(all_of_it.house(name).cordons for name in names) == [[], [True, False]]

    scenario()


@play
async def test_demand_that_rises_opens_cordoned_pods_again() -> None:
    """The floor is raised first."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        cluster.obeys = False
        names = [all_of_it.replica() for _ in range(3)]
        front = all_of_it.front()
        async with running(all_of_it):
            await all_of_it.until(lambda: sum(all_of_it.house(name).cordoned for name in names) == 2)
            await all_of_it.until(lambda: cluster.autoscaler["spec"]["minReplicas"] == 1)
            front.waiting = [("a", 1.0), ("b", 2.0)]
            await all_of_it.until(lambda: not any(all_of_it.house(name).cordoned for name in names))
        assert cluster.autoscaler["spec"]["minReplicas"] == 3


@play
async def test_a_pod_found_cordoned_after_a_restart_takes_visitors_again() -> None:
    """Nothing that an earlier controller began is left over."""
    async with world() as all_of_it:
        name = all_of_it.replica()
        all_of_it.house(name).cordoned = True
        async with running(all_of_it):
            await all_of_it.until(lambda: all_of_it.house(name).cordons == [False])


@play
async def test_lobbies_hear_of_all_replicas_and_of_all_who_wait() -> None:
    """Those that end, too; everybody once, in the order of arrival; how many seats come; which are newest."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        old = all_of_it.replica("x")
        cluster.revision = "bbb"
        new = all_of_it.replica("y")
        all_of_it.replica(ready=False)
        cluster.ready_at_once = False
        cluster.terminate(old)
        fronts = [all_of_it.front("a", "b"), all_of_it.front("c")]
        fronts[1].waiting = [["c", 1000.5], ["a", 1000.0]]
        async with running(all_of_it):
            await all_of_it.until(lambda: all(front.news and front.news[-1].coming == 4 for front in fronts))
        for news in (front.news[-1] for front in fronts):
            assert [one.visitor for one in news.waiting] == ["a", "c", "b"]
            assert Replica(cluster.host(old), cluster.port, False) in news.replicas
            assert Replica(cluster.host(new), cluster.port, True) in news.replicas
            assert news.problem == ""


@play
async def test_a_slow_lobby_does_not_hold_up_the_other() -> None:
    """It just hears less."""
    async with world() as all_of_it:
        slow, quick = all_of_it.front(), all_of_it.front()
        slow.slow = 30
        async with running(all_of_it):
            await all_of_it.until(lambda: len(quick.news) > 2)
        assert slow.news == []


@play
async def test_a_silent_replica_keeps_its_visitor_and_is_never_removed() -> None:
    """It counts as it last was, and free ones go before it."""
    async with world(scale_down_delay=1) as all_of_it:
        silent, free = all_of_it.replica("a"), [all_of_it.replica() for _ in range(3)]
        async with running(all_of_it):
            await all_of_it.until(lambda: all_of_it.controller.picture and all_of_it.controller.picture.complete)
            all_of_it.house(silent).slow = 60
            await all_of_it.until(lambda: len(all_of_it.cluster.of("replica")) == 2)
            await all_of_it.rounds()
        assert silent in all_of_it.cluster.of("replica")
        assert all_of_it.house(silent).cordons == []
        assert set(all_of_it.cluster.deleted) < set(free)


@play
async def test_nothing_is_removed_until_every_replica_has_answered_once() -> None:
    """A controller that has just started does not take silence for emptiness."""
    async with world() as all_of_it:
        mute = all_of_it.replica("a")
        all_of_it.house(mute).slow = 60
        for _ in range(4):
            all_of_it.replica()
        async with running(all_of_it):
            await all_of_it.until(lambda: all_of_it.controller.picture)
            await all_of_it.rounds(4)
            assert all_of_it.cluster.deleted == []
            all_of_it.house(mute).slow = 0
            await all_of_it.until(lambda: len(all_of_it.cluster.of("replica")) == 2)
        assert mute in all_of_it.cluster.of("replica")


@play
async def test_a_rollout_is_left_to_the_deployment() -> None:
    """While older pods are being replaced none is cordoned and no number is lowered or raised by surge."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        for _ in range(3):
            all_of_it.replica()
        cluster.revision = "bbb"
        cluster.add_pod()
        async with running(all_of_it):
            await all_of_it.until(lambda: all_of_it.controller.picture)
            await all_of_it.rounds(4)
        assert cluster.autoscaler["spec"]["minReplicas"] == 3
        assert cluster.replicas == 3
        assert all(not house.cordons for house in all_of_it.town.houses.values())


@play
async def test_a_maximum_below_the_pods_in_use_evicts_nobody() -> None:
    """Only free pods go, and no more come."""
    async with world(max_replicas=2) as all_of_it:
        seated = {all_of_it.replica(visitor) for visitor in "abcd"}
        all_of_it.replica()
        all_of_it.front("w")
        async with running(all_of_it):
            await all_of_it.until(lambda: len(all_of_it.cluster.of("replica")) == 4)
            await all_of_it.until(lambda: all_of_it.cluster.messages("AtMaximum"))
            await all_of_it.rounds()
        assert set(all_of_it.cluster.of("replica")) == seated


@play
async def test_without_a_metric_the_number_is_lowered_directly() -> None:
    """An autoscaler that does not know its metric never scales down."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        cluster.autoscaler["status"]["conditions"][0]["status"] = "False"
        for _ in range(4):
            all_of_it.replica()
        async with running(all_of_it):
            await all_of_it.until(lambda: len(cluster.of("replica")) == 1)
        assert {"spec": {"replicas": 1}} in cluster.called("PATCH", "/scale")


@play
async def test_without_an_autoscaler_replicas_are_scaled_directly() -> None:
    """Up and down."""
    async with world(FakeCluster(free_port())) as all_of_it:
        cluster = all_of_it.cluster
        all_of_it.replica()
        front = all_of_it.front("a", "b")
        async with running(all_of_it):
            await all_of_it.until(lambda: len(cluster.of("replica")) == 3)
            front.waiting = []
            await all_of_it.until(lambda: len(cluster.of("replica")) == 1)


@play
async def test_the_load_keeps_shared_pods_and_the_maximum_forbids_more() -> None:
    """Where several share a pod the autoscaler's wish is not taken back, and its policy follows the maximum."""
    cluster = FakeCluster(free_port()).with_autoscaler(
        metrics=[{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}]
    )
    cluster.autoscaler["status"] |= {
        "currentReplicas": 3,
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 79}}}],
    }
    async with world(cluster, seats=4, max_replicas=3) as all_of_it:
        for _ in range(3):
            all_of_it.replica(seats=4)
        async with running(all_of_it):
            await all_of_it.rounds(4)
            assert cluster.autoscaler["spec"]["minReplicas"] == 3
            assert cluster.autoscaler["spec"]["behavior"] == {"scaleUp": {"selectPolicy": "Disabled"}}
            resource = cluster.autoscaler["status"]["currentMetrics"][0]["resource"]
            resource["current"]["averageUtilization"] = 1
            await all_of_it.until(lambda: len(cluster.of("replica")) == 1)
            await all_of_it.rounds()
        assert cluster.autoscaler["spec"]["behavior"] == {"scaleUp": {"selectPolicy": "Max"}}


@play
async def test_a_quota_is_told_to_visitors_and_to_operators() -> None:
    """The waiting room says that no more places come, an Event says why; when it ends, seats come again."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        all_of_it.replica("a")
        front = all_of_it.front("b")
        cluster.obeys = False
        refusal = "pods is forbidden: exceeded quota: small"
        cluster.conditions["refused"] = {"type": "ReplicaFailure", "status": "True", "message": refusal}
        async with running(all_of_it):
            await all_of_it.until(lambda: front.news and front.news[-1].problem)
            assert front.news[-1].problem == "No more places can be opened just now."
            assert front.news[-1].coming == 0
            await all_of_it.until(lambda: cluster.messages("ReplicasRefused"))
            assert cluster.messages("ReplicasRefused") == [f"stays at 1 of 3 replicas: {refusal}"]
            cluster.conditions.clear()
            await all_of_it.until(lambda: not front.news[-1].problem and front.news[-1].coming == 2)


@play
async def test_a_pod_that_does_not_start_is_named_with_its_own_words() -> None:
    """The Event says what the container said last; its seats are not announced."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        all_of_it.replica("a")
        broken, front = all_of_it.replica(ready=False), all_of_it.front("b")
        cluster.obeys = False
        ended = {"exitCode": 2, "message": "berth: app.py, line 3: invalid syntax"}
        waiting = {"reason": "CrashLoopBackOff", "message": "back-off"}
        state = {"ready": False, "state": {"waiting": waiting}, "lastState": {"terminated": ended}}
        cluster.pods[broken]["status"]["containerStatuses"] = [state]
        async with running(all_of_it):
            await all_of_it.until(lambda: cluster.messages("ReplicaDoesNotStart"))
            await all_of_it.rounds()
            words = f"a replica does not start: pod {broken}: berth: app.py, line 3: invalid syntax"
            assert cluster.messages("ReplicaDoesNotStart") == [words]
            assert front.news[-1].coming == 1


@pytest.mark.parametrize("autoscaler", ["absent", "without a metric"])
def test_several_seats_a_replica_follow_the_visitors_without_a_working_autoscaler(autoscaler: str) -> None:
    """Four seats a replica: nine visitors and one spare make three replicas; two visitors make one, theirs."""

    @play
    async def scenario() -> None:
        cluster = FakeCluster(free_port())
        if autoscaler != "absent":
            cluster.with_autoscaler(metrics=[])
            cluster.autoscaler["status"]["conditions"][0]["status"] = "False"
        async with world(cluster, seats=4) as all_of_it:
            name = all_of_it.replica("a", "b", seats=4)
            front = all_of_it.front(*(f"w{number}" for number in range(7)))
            async with running(all_of_it):
                await all_of_it.until(lambda: len(cluster.of("replica")) == 3)
                await all_of_it.rounds()
                assert len(cluster.of("replica")) == 3
                front.waiting = []
                await all_of_it.until(lambda: len(cluster.of("replica")) == 1)
                await all_of_it.rounds()
            assert cluster.of("replica") == [name]
            assert {"spec": {"replicas": 3}} in cluster.called("PATCH", "/scale")
            assert {"spec": {"replicas": 1}} in cluster.called("PATCH", "/scale")

    scenario()


@play
async def test_a_rollout_that_does_not_get_on_keeps_every_pod() -> None:
    """While the new version does not start, no older pod is cordoned or removed, but more are added."""
    async with world() as all_of_it:
        cluster = all_of_it.cluster
        old = [all_of_it.replica(*visitors) for visitors in ("a", "", "")]
        cluster.revision = "bbb"
        broken = cluster.add_pod(ready=False)
        state = {"ready": False, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
        cluster.pods[broken]["status"]["containerStatuses"] = [state]
        front = all_of_it.front()
        async with running(all_of_it):
            await all_of_it.until(lambda: cluster.messages("ReplicaDoesNotStart"))
            await all_of_it.rounds(4)
            assert cluster.deleted == []
            assert all(not all_of_it.house(name).cordons for name in old)
            front.waiting = [(f"w{number}", 1.0) for number in range(3)]
            await all_of_it.until(lambda: cluster.replicas == 5)
        assert set(old) <= set(cluster.of("replica"))
        assert cluster.messages("ReplicaDoesNotStart") == [f"new version does not start: pod {broken}: no such image"]
