"""Kubernetes itself is in trouble; visitors are not. Only on a cluster that nobody else uses."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.kubectl import run
from tests.e2e.release import USERS, Release
from tests.e2e.visitors import arrive, leave
from tests.support.polling import until

OWN = "E2E_OWN_CLUSTER"
API = "E2E_API_PID"
METRICS = "v1beta1.metrics.k8s.io"

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(OWN not in os.environ, reason=f"{OWN} does not say that nobody else uses the cluster"),
]


@contextmanager
def paused(process: int) -> Iterator[None]:
    """Stop a process for a while: who asks it is not refused, but hangs."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.mark.skipif(API not in os.environ, reason=f"{API} does not say which process here is the API server")
def test_a_minute_without_api_and_controller(release: Release) -> None:
    """Sessions go on, and a newcomer gets the free seat."""
    visitors = arrive(release, USERS[:2])
    release.await_ready("replica", 3)
    release.namespace.kubectl("scale", f"deployment/{release.name}-controller", "--replicas=0")
    until(lambda: not release.pods("controller"))
    with paused(int(os.environ[API])):
        ends = time.monotonic() + 60
        time.sleep(10)
        visitors += arrive(release, USERS[2:3])
        while time.monotonic() < ends:
            assert all(visitor.works() for visitor in visitors)
    release.namespace.kubectl("scale", f"deployment/{release.name}-controller", "--replicas=1")
    release.await_ready("controller", 1)
    assert all(visitor.works() for visitor in visitors)
    release.await_ready("replica", 4)
    leave(visitors)
    release.await_ready("replica", 1, 120)


def test_without_metrics_visitors_still_move_the_number(release: Release) -> None:
    """The autoscaler knows no load and would never scale down; the controller does it."""
    service = json.loads(run("kubectl", "get", "apiservice", METRICS, "--output", "json"))
    run("kubectl", "delete", "apiservice", METRICS)
    try:
        until(lambda: not _active(release), 60, pause=1)
        visitors = arrive(release, USERS[:3])
        release.await_ready("replica", 4)
        leave(visitors)
        release.await_ready("replica", 1, 90)
    finally:
        kept = {key: service["metadata"][key] for key in ("name", "labels") if key in service["metadata"]}
        del service["status"]
        run("kubectl", "apply", "--filename", "-", given=json.dumps({**service, "metadata": kept}))
        until(lambda: run("kubectl", "top", "nodes"), 60, pause=1)


def _active(release: Release) -> bool:
    conditions = release.namespace.get("hpa", f"{release.name}-replica")["status"].get("conditions", [])
    return any(one["type"] == "ScalingActive" and one["status"] == "True" for one in conditions)
