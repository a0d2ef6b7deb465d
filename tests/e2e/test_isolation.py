"""Nobody waits for anybody else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any

import pytest

from tests.e2e.conftest import VALUES
from tests.e2e.figures import measured
from tests.e2e.kubectl import Namespace, names
from tests.e2e.release import USERS, Release, merged
from tests.e2e.test_install import memory
from tests.e2e.visitors import Visitor, arrive, leave

pytestmark = pytest.mark.alone

TRIES = 20

SETTLE = 10
"""Seconds after which memory is looked at."""


def quick(visitor: Visitor) -> float:
    """Do the quick task and return how long it took (s)."""
    visitor.done += 1
    return visitor.session.click_and_wait("Quick", f"quick task {visitor.done} done", 60)


def ratios(me: Visitor, neighbour: Visitor, tries: int) -> list[float]:
    """Return, for each try, the quick task beside the neighbour's heavy one ÷ alone just before."""
    found = []
    for _ in range(tries):
        alone = quick(me)
        neighbour.session.click("Heavy")
        time.sleep(0.3)
        beside = quick(me)
        neighbour.done += 1
        neighbour.session.wait(f"heavy task {neighbour.done} done", 60)
        found.append(beside / alone)
    return found


def test_a_lock_of_the_class_is_nobody_elses(release: Release) -> None:
    """The app with a lock for all, unchanged: the quick task takes as long beside the heavy one as alone."""
    me, neighbour = arrive(release, USERS[:2])
    found = ratios(me, neighbour, TRIES)
    leave([me, neighbour])
    measured(f"quick beside heavy ÷ alone, largest of {TRIES}", max(found), "times", 1.05)
    assert median(found) <= 1.05, found


def test_a_replica_takes_little_more_than_panel_serve(release: Release) -> None:
    """Supervisor, fork server and a fresh berth, beside a pod that runs plain Panel with the same scripts."""
    (replica,) = release.await_ready("replica", 1)
    release.namespace.apply(_plain(replica))
    try:
        release.namespace.kubectl("wait", "pod/plain-panel", "--for=condition=Ready", "--timeout=60s")
        time.sleep(SETTLE)
        ours, plain = memory(release, replica["metadata"]["name"]), memory(release, "plain-panel")
    finally:
        release.namespace.kubectl("delete", "pod", "plain-panel", "--force", "--grace-period=0")
    measured(f"a replica's working set over that of a pod with panel serve ({plain:g} MiB)", ours - plain, "MiB", 35)
    assert ours - plain <= 60, (ours, plain)


def _plain(replica: dict[str, Any]) -> dict[str, Any]:
    """Return a pod like the replica's whose only process is `panel serve`."""
    container = replica["spec"]["containers"][0]
    volumes = [one for one in replica["spec"]["volumes"] if one["name"] in ("dashboards", "tmp")]
    scripts = [f"/dashboards/{script}" for script in ("lock.py", "loop.py")]
    served = {
        "name": "panel",
        "image": container["image"],
        "imagePullPolicy": container["imagePullPolicy"],
        "command": ["panel", "serve", *scripts, "--warm", "--port", "5006"],
        "securityContext": container["securityContext"],
        "volumeMounts": [one for one in container["volumeMounts"] if one["name"] in ("dashboards", "tmp")],
        "readinessProbe": {"tcpSocket": {"port": 5006}, "periodSeconds": 1},
    }
    spec = {"securityContext": replica["spec"]["securityContext"], "containers": [served], "volumes": volumes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plain-panel"}, "spec": spec}


@pytest.fixture
def shared_pods(namespace: Namespace) -> Iterator[Release]:
    """A release with eight berths a pod."""
    made = Release(namespace, "eight")
    made.install(**merged(made.reachable(), merged(VALUES, {"replica": {"berths": 8}})))
    try:
        made.await_all()
        yield made
    finally:
        made.uninstall()


def test_eight_in_one_pod_do_not_disturb_each_other(shared_pods: Release) -> None:
    """With ``replica.berths=8`` eight visitors sit in one pod, and one more costs at most 40 MiB."""
    (pod,) = names(shared_pods.ready())
    first = arrive(shared_pods, USERS[:1])
    lightest = settled_memory(shared_pods, pod, first)
    visitors = first + arrive(shared_pods, USERS[1:8])
    assert {name: len(who) for name, who in shared_pods.seats().items() if who} == {pod: 8}
    heaviest = settled_memory(shared_pods, pod, visitors)
    me, *others = visitors
    found = ratios(me, others[0], 3)
    leave(visitors)
    assert median(found) <= 1.05, found
    more = (heaviest - lightest) / 7
    measured("one more visitor in a pod with eight berths, working set", more, "MiB", 40)
    assert more <= 60, (lightest, heaviest)


def settled_memory(release: Release, pod: str, visitors: Sequence[Visitor]) -> float:
    """Return a pod's working set (MiB) after a while; the visitors stay meanwhile."""
    with ExitStack() as stack:
        for visitor in visitors:
            stack.enter_context(visitor.staying())
        time.sleep(SETTLE)
        return memory(release, pod)
