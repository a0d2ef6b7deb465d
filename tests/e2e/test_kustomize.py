"""From `kubectl apply -k` to a dashboard, without Helm."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kubectl import Namespace, run
from tests.e2e.release import IMAGE, Release
from tests.e2e.test_loadtest import fetched, text, workers
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


def test_a_load_test_runs_beside_it(dev: Applied, tmp_path: Path) -> None:
    """The component adds master and workers; what visitors do stands in patches, and the report is one command away."""
    release, folder = dev
    overlay(
        tmp_path,
        folder,
        components=[os.path.relpath(K8S / "components" / "loadtest", tmp_path.resolve())],
        images=[image()],
        namespace=release.namespace.name,
        patches=[
            load(release, ["--users", "2", "--run-time", "40s", "--page", "/hello", "--quick", "Name=Ann|Bob"]),
            patch("batch/v1", "Job", "loadtest-worker", {"completions": 2, "parallelism": 2}),
        ],
    )
    run("kubectl", "apply", "--kustomize", str(tmp_path))
    report = fetched(release, "berth-loadtest")
    summary = json.loads(text(report, "summary.json"))
    assert summary["errors"]["count"] == 0, summary["errors"]
    assert summary["steps"]["set Name"]["count"] > 0
    assert summary["fleet"]["taken"]["most"] >= 2
    assert workers(report) == 2


def load(release: Release, arguments: list[str]) -> dict[str, Any]:
    """A patch of both Jobs: where visitors go, what they do there, and how many workers the master waits for."""
    value = {"APP_URL": release.url, "SCENARIO": "neighbours", "WORKERS": "2"}
    container = {"name": "loadtest", "args": [*arguments, "--app", "own", "--heavy-share", "0"]}
    container["env"] = [{"name": name, "value": said} for name, said in value.items()]
    made = patch("batch/v1", "Job", "loadtest", {"template": {"spec": {"containers": [container]}}})
    return {"target": {"kind": "Job", "name": "berth-loadtest.*"}, **made}


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
