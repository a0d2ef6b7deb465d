"""From `kubectl apply -k` to a dashboard, without Helm."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kubectl import Namespace, run
from tests.e2e.release import IMAGE, Release
from tests.k8s.kustomize import K8S, overlay
from tests.support.require import demand

Applied = tuple[Release, Path]


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    """The overlay `dev` in a namespace of its own, at a port of the nodes, and the folder that was applied."""
    demand("cluster")
    release = Release(Namespace(f"berth-kustomize-{secrets.token_hex(3)}"))
    folder = overlay(
        tmp_path_factory.mktemp("overlay"),
        K8S / "overlays" / "dev",
        namespace=release.namespace.name,
        images=[image()],
        patches=[*addresses(release), port(release)],
    )
    try:
        run("kubectl", "apply", "--kustomize", str(folder))
        release.await_all()
        yield release, folder
    finally:
        release.namespace.remove()


def image() -> dict[str, str]:
    """The image that the cluster has, in place of the overlay's."""
    name, _, tag = IMAGE.rpartition(":")
    return {"name": "berth", "newName": name, "newTag": tag}


def addresses(release: Release) -> Iterator[dict[str, str]]:
    """Patches that tell all roles the address."""
    value = [{"name": "APP_URL", "value": release.url}]
    for deployment, containers in (("front", ("router", "lobby")), ("replica", ("replica",))):
        pod = {"containers": [{"name": container, "env": value} for container in containers]}
        yield patch("apps/v1", "Deployment", deployment, {"template": {"spec": pod}})


def port(release: Release) -> dict[str, str]:
    """A patch that opens a port of the nodes."""
    ports = [{"port": 8080, "nodePort": release.node_port}]
    return patch("v1", "Service", "front", {"type": "NodePort", "ports": ports})


def patch(version: str, kind: str, component: str, spec: dict[str, Any]) -> dict[str, str]:
    """A patch of a component's object."""
    change = {"apiVersion": version, "kind": kind, "metadata": {"name": f"berth-{component}"}, "spec": spec}
    return {"patch": json.dumps(change)}


def test_somebody_logs_in_and_works(dev: Applied) -> None:
    """The controller has made the login, and the dashboard is the script beside the overlay."""
    release, _ = dev
    session = release.browser("admin", release.secret("password")).open("/hello")
    session.confirmed()
    session.leave()


def test_applied_again_it_changes_nothing(dev: Applied) -> None:
    """Not even the floor that the controller has set; `kubectl diff` fails where applying would change something."""
    release, folder = dev
    assert release.floor() >= 1
    assert run("kubectl", "diff", "--kustomize", str(folder)) == ""


def test_without_an_autoscaler_the_controller_adds_pods(dev: Applied) -> None:
    """The component `autoscaling` may be left out: one visitor more than there were pods gets a seat, too."""
    release, _ = dev
    release.namespace.kubectl("delete", "hpa", "berth-replica")
    password = release.secret("password")
    before = len(release.replicas())
    sessions = [release.browser("admin", password).open("/hello") for _ in range(before + 1)]
    for session in sessions:
        session.confirmed()
    assert len(release.replicas()) > before
