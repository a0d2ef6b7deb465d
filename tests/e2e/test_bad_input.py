"""What is wrong is said in words, and what ran before goes on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import VALUES
from tests.e2e.kubectl import CommandFailed, Namespace, names
from tests.e2e.release import PASSWORD, USERS, Release, merged
from tests.e2e.visitors import arrive, leave
from tests.support.polling import until

BROKEN = "import panel as pn\n\npn.Column(\n"


def messages(release: Release, name: str) -> str:
    """Return what containers of the pod said when they ended, or why they wait."""
    statuses: list[dict[str, Any]] = release.namespace.get("pod", name)["status"].get("containerStatuses", [])
    states = [state for status in statuses for state in (*status["state"].values(), *status["lastState"].values())]
    return " ".join(str(state.get("message", "")) + str(state.get("reason", "")) for state in states)


def newcomers(release: Release, before: list[str]) -> list[str]:
    """Return the replica's pods that were not there before."""
    return [name for name in names(release.replicas()) if name not in before]


def test_a_syntax_error_stops_the_rollout_at_the_first_pod(release: Release) -> None:
    """The old pods go on serving, and the reason stands in the pod's status and in an Event."""
    (visitor,) = arrive(release, USERS[:1])
    release.await_ready("replica", 2)
    before = names(release.replicas())
    release.upgrade(dashboards={"files": {"lock.py": BROKEN}})
    try:
        (new,) = until(lambda: newcomers(release, before), 30)
        until(lambda: "lock.py, line 3: '(' was never closed" in messages(release, new), 60)
        until(lambda: any("lock.py, line" in event for event in release.events()), 30, said=release.picture)
        assert len(newcomers(release, before)) == 1
        assert visitor.works()
        second = arrive(release, USERS[1:2])
        assert second[0].works()
        leave(second)
    finally:
        release.upgrade(dashboards=VALUES["dashboards"])
        leave([visitor])
    release.await_ready("replica", 1, 120)


def test_an_image_that_cannot_be_had_changes_nothing_for_visitors(release: Release) -> None:
    """The old pods go on, and a newcomer gets the free seat, although the controller waits for its image, too."""
    (visitor,) = arrive(release, USERS[:1])
    release.await_ready("replica", 2)
    before = names(release.replicas())
    image = release.values["image"]
    release.upgrade(image={"repository": "docker.io/library/berth-missing"})
    try:
        until(lambda: any("berth-missing" in messages(release, new) for new in newcomers(release, before)), 60)
        second = arrive(release, USERS[1:2])
        assert second[0].works()
        assert visitor.works()
        leave(second)
    finally:
        release.upgrade(image=image)
        leave([visitor])
    release.await_all(1)


def test_a_quota_is_said_and_does_not_lock_up(release: Release) -> None:
    """A pod that drains holds the quota: newcomers read that all places are taken, and get one when it has ended."""
    release.await_all(1)
    until(lambda: len(release.pods("front") + release.pods("controller") + release.pods("replica")) == 4, 90)
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tight"}}
    release.namespace.apply({**quota, "spec": {"hard": {"pods": "5"}}})
    try:
        drained, other = arrive(release, USERS[:2])
        release.namespace.kubectl("delete", "pod", drained.pod(release), "--wait=false")
        until(lambda: any("quota" in event for event in release.events()), 30, said=release.picture)
        late = release.browser(USERS[2])
        until(lambda: "All places are taken" in late.page("/lock").text, 15, said=release.picture)
        assert drained.works()
        assert other.works()
        leave([drained])
        session = late.open("/lock")
        session.confirmed()
        session.leave()
        leave([other])
    finally:
        release.namespace.kubectl("delete", "resourcequota", "tight")
    release.await_ready("replica", 1, 120)


def test_a_secret_that_is_not_there_yet_only_delays_the_start(namespace: Namespace) -> None:
    """The pods wait, NOTES say for what, and when it has been made all become ready."""
    waits = Release(namespace, "waits")
    waits.install(**merged(waits.reachable(), {"auth": {"existingSecret": "ours"}}))
    try:
        assert "until the Secret ours is there" in namespace.helm("get", "notes", waits.name)
        until(lambda: any('secret "ours" not found' in event for event in _events_of_pods(waits)), 30)
        assert not waits.ready("front")
        made = ("--from-literal=cookie-secret=" + "s" * 40, f"--from-literal=credentials=ada:{PASSWORD}")
        namespace.kubectl("create", "secret", "generic", "ours", *made)
        waits.await_all(1)
        session = waits.browser("ada").open("/explorer")
        session.confirmed()
        session.leave()
    finally:
        waits.uninstall()


def _events_of_pods(release: Release) -> list[str]:
    return [event for name in names(release.pods("front")) for event in release.namespace.events(name)]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"autoscaling": {"minReplicas": 5, "maxReplicas": 2}}, "autoscaling.minReplicas=5 is more than"),
        ({"autoscaling": {"maxReplicas": "many"}}, "got string"),
        ({"autoscalling": {}}, "autoscalling"),
    ],
)
def test_wrong_values_change_nothing(release: Release, values: dict[str, Any], sentence: str) -> None:
    """An upgrade with values that cannot work is refused, and says why."""
    before = dict(release.values)
    with pytest.raises(CommandFailed, match=sentence):
        release.upgrade(**values)
    release.values = before
