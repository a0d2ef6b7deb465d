"""From `helm install` to a dashboard, and what runs then."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.e2e.figures import measured
from tests.e2e.kubectl import Namespace, names, raw, run
from tests.e2e.release import Release
from tests.support.client import Browser
from tests.support.polling import until

pytestmark = pytest.mark.alone

MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def plain(namespace: Namespace) -> Iterator[tuple[Release, float]]:
    """A release without any values but the image, and how long it took to a logged-in dashboard (s)."""
    release = Release(namespace, "plain")
    began = time.monotonic()
    release.install()
    try:
        with forwarded(release) as url:
            open_dashboard(release, url)
            took = time.monotonic() - began
            release.await_ready("controller", 1)
            release.await_ready("front", 2)
        yield release, took
    finally:
        release.uninstall()


@contextmanager
def forwarded(release: Release) -> Iterator[str]:
    """Do what NOTES say: forward a port to the front; yields its address here."""
    port = 8080  # of the default address, from which pages may open WebSockets
    until(lambda: release.ready("front"), 60, said=release.picture)
    command = ["kubectl", "-n", release.namespace.name, "port-forward", f"service/{release.name}-front", f"{port}:8080"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listens() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    try:
        until(listens, 20, pause=0.05)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)


def open_dashboard(release: Release, url: str) -> None:
    """Log in as admin with the password that the controller made, and open the shipped dashboard."""
    browser = Browser(url)
    answer = browser.log_in("admin", release.secret("password"))
    assert answer.status_code == 303, answer.text[:500]
    session = browser.open("/explorer")
    session.confirmed()
    session.leave()


def test_no_value_is_needed(plain: tuple[Release, float]) -> None:
    """``helm install``, a port-forward and the password that NOTES name: a dashboard within 30 s."""
    release, took = plain
    notes = release.namespace.helm("get", "notes", release.name)
    assert "port-forward" in notes
    assert f"{release.name}-secret" in notes
    measured("helm install without values to an open dashboard", took, "s", 30)


def test_helm_test_opens_a_session(plain: tuple[Release, float]) -> None:
    """``helm test`` logs in, opens a session over the WebSocket and does a task."""
    release, _ = plain
    said = release.namespace.helm("test", release.name, "--logs", patience=180)
    assert "Succeeded" in said, said


def test_nothing_changed_restarts_nothing(plain: tuple[Release, float]) -> None:
    """An upgrade with the same values leaves every pod and every login as it is."""
    release, _ = plain
    pods = {part: sorted(names(release.pods(part))) for part in ("front", "replica", "controller")}
    secret = release.secret("cookie-secret")
    release.upgrade()
    time.sleep(5)
    assert {part: sorted(names(release.pods(part))) for part in pods} == pods
    assert release.secret("cookie-secret") == secret


def test_pods_have_no_rights(plain: tuple[Release, float]) -> None:
    """Root file system read-only, no root, no token; only the controller may ask the API."""
    release, _ = plain
    for part, containers in (("front", ("router", "lobby")), ("replica", ("replica",))):
        pod = names(release.ready(part))[0]
        for container in containers:
            inside = ("exec", pod, "--container", container, "--", "sh", "-c")
            said = release.namespace.kubectl(
                *inside, "id -u; touch /x 2>&1; ls /var/run/secrets/kubernetes.io 2>&1; true"
            )
            assert said.startswith("10001\n")
            assert "Read-only file system" in said
            assert "No such file or directory" in said
    account = f"system:serviceaccount:{release.namespace.name}:{release.name}-controller"
    may = lambda *what: run("kubectl", "auth", "can-i", *what, "-n", release.namespace.name, "--as", account)  # noqa: E731
    assert may("list", "pods").strip() == "yes"
    for forbidden in (("delete", "pods"), ("create", "pods"), ("list", "secrets"), ("create", "pods/eviction")):
        with pytest.raises(AssertionError):
            may(*forbidden)


def test_at_rest_it_is_small(plain: tuple[Release, float]) -> None:
    """Two fronts, the controller and a replica take at most 400 MiB in all."""
    release, _ = plain
    used = {pod: memory(release, pod) for part in ("front", "controller") for pod in names(release.ready(part))}
    # Those that came for earlier tests may still be there.
    replicas = {pod: memory(release, pod) for pod in names(release.ready())}
    total = sum(used.values()) + max(replicas.values())
    measured("two fronts, the controller and a replica of the Explorer, working set", total, "MiB", 400)
    assert total <= 400, (used, replicas)


def memory(release: Release, pod: str) -> float:
    """Return the working set (MiB) of a pod, as its kubelet counts it next; it looks every 10 s or so."""
    path = f"/api/v1/nodes/{release.namespace.get('pod', pod)['spec']['nodeName']}/proxy/stats/summary"

    def look() -> dict[str, float]:
        """Bytes by the time at which they were counted, of each container."""
        summary = raw(path)
        ours = {"name": pod, "namespace": release.namespace.name}
        (found,) = [one for one in summary["pods"] if ours.items() <= one["podRef"].items()]
        return {one["name"] + one["memory"]["time"]: one["memory"]["workingSetBytes"] for one in found["containers"]}

    before = until(look)
    return sum(until(lambda: None if (now := look()).keys() & before.keys() else now, pause=1).values()) / MEBIBYTE
