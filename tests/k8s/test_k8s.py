"""The system without Helm: generated anew it is the same, it is what the chart makes, and Kubernetes takes it."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart import helm
from tests.chart.helm import Object
from tests.chart.test_chart import SCHEMAS
from tests.k8s.kustomize import K8S, OVERLAYS, everything, objects, overlay, rendered
from tests.support.require import needs

pytestmark = needs("helm")

GENERATED = (
    "base",
    "components/autoscaling",
    "components/loadtest",
    "components/monitoring",
    "components/network-policies",
)

ROOT = K8S.parent

SAME: Mapping[str, Mapping[str, Any]] = {
    "dev": {
        "image": {"tag": "dev"},
        "dashboards": {"existingConfigMap": "berth-dashboards", "scripts": ["hello.py"]},
        "networkPolicy": {"enabled": False},
    },
    "production": {
        "image": {"repository": "registry.example.org/berth", "tag": "0.1.0"},
        "appUrl": "https://dash.example.org",
        "trustedProxies": ["10.0.0.0/8"],
        "auth": {"credentials": "ann:secret"},
        "autoscaling": {"minReplicas": 2, "maxReplicas": 30, "spare": 2},
        "ingress": {"enabled": True},
        "networkPolicy": yaml.safe_load((K8S / "values.yaml").read_text(encoding="utf-8"))["networkPolicy"],
    },
}
"""The values with which the chart makes what an overlay makes."""

HELMS_LABELS = ("helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version")


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace of the test's own, into which nothing is put."""
    name = f"berth-k8s-{secrets.token_hex(3)}"
    subprocess.run(["kubectl", "create", "namespace", name], check=True, timeout=30)
    yield name
    subprocess.run(["kubectl", "delete", "namespace", name, "--wait=false"], check=True, timeout=30)


def test_what_is_generated_is_what_the_chart_makes_now(tmp_path: Path) -> None:
    subprocess.run([sys.executable, K8S / "generate.py", tmp_path], check=True, timeout=60)
    fresh, kept = texts(tmp_path), texts(K8S)
    stale = [name for name in sorted(fresh.keys() | kept.keys()) if fresh.get(name) != kept.get(name)]
    assert stale == [], "run `make k8s`"


def texts(root: Path) -> dict[str, str]:
    """Return all generated files below a folder by their paths in it."""
    found = (path for folder in GENERATED for path in (root / folder).iterdir())
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in found}


def test_nothing_in_it_is_helms() -> None:
    for name, text in texts(K8S).items():
        assert not re.search(r"(?i)helm[./:]|: Helm|# Source", text), name


def test_only_the_subject_of_rights_has_a_namespace() -> None:
    assert [name for name, text in texts(K8S).items() if re.search(r"(?m)^ *namespace:", text)] == [
        "base/controller-rolebinding.yaml"
    ]


def test_every_file_holds_one_object() -> None:
    for name, text in texts(K8S).items():
        assert len(list(yaml.safe_load_all(text))) == 1, name


def test_comments_of_the_chart_are_kept() -> None:
    assert "  # Never two at a time" in texts(K8S)["base/controller-deployment.yaml"]
    assert "\n# Without `replicas`" in texts(K8S)["base/replica-deployment.yaml"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_is_what_the_chart_makes_of_such_values(name: str, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(json.dumps(SAME[name]), encoding="utf-8")
    theirs = comparable(helm.objects("--no-hooks", "--values", values))
    ours = comparable(objects(overlay(tmp_path, K8S / "overlays" / name, namespace="there")))
    assert ours.keys() == theirs.keys()
    for key, one in ours.items():
        assert one == theirs[key], key


def comparable(found: list[Object]) -> dict[tuple[str, str], Object]:
    """Return the objects by kind and name, without what each tool adds and what their users bring."""
    result = {}
    for one in found:
        if one["kind"] in ("Namespace", "ConfigMap", "Secret"):
            continue
        for label in HELMS_LABELS:
            one["metadata"]["labels"].pop(label, None)
        one.get("spec", {}).get("template", {}).get("metadata", {}).pop("annotations", None)
        result[one["kind"], one["metadata"]["name"]] = ordered(one)
    return result


def ordered(value: Any) -> Any:
    """Return the value with lists of named entries in the order of their names, and ConfigMaps' names without hash."""
    if isinstance(value, dict):
        return {key: ordered(inner) for key, inner in value.items()}
    if isinstance(value, list):
        inner = [ordered(one) for one in value]
        named = all(isinstance(one, dict) and "name" in one for one in inner)
        return sorted(inner, key=lambda one: one["name"]) if named else inner
    return re.sub(r"^(berth-dashboards)-\w{10}$", r"\1", value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_object_of_an_overlay_is_what_kubernetes_takes(name: str) -> None:
    assert_valid(rendered(K8S / "overlays" / name))


def test_every_object_of_all_components_is_what_kubernetes_takes(tmp_path: Path) -> None:
    assert_valid(rendered(everything(tmp_path)))


def assert_valid(manifests: str) -> None:
    """Raise AssertionError with kubeconform's words for a field or kind that Kubernetes does not have."""
    location = f"{SCHEMAS}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    done = helm.run("kubeconform", "-strict", "-summary", "-schema-location", location, given=manifests)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Skipped: 0" in done.stdout


def test_all_components_fit_together(tmp_path: Path) -> None:
    kinds = {one["kind"] for one in objects(everything(tmp_path))}
    assert {"HorizontalPodAutoscaler", "NetworkPolicy", "PodMonitor", "Ingress"} <= kinds


def test_a_load_test_has_the_address_and_the_users_of_the_site(tmp_path: Path) -> None:
    """Listed before the components that say both; its parts find each other."""
    kustomization = yaml.safe_load((K8S / "overlays/production/kustomization.yaml").read_text(encoding="utf-8"))
    others = [K8S / "overlays/production" / path for path in kustomization["components"]]
    components = [os.path.relpath(path, tmp_path.resolve()) for path in (K8S / "components/loadtest", *others)]
    found = objects(
        overlay(
            tmp_path,
            K8S / "base",
            components=components,
            configMapGenerator=kustomization["configMapGenerator"],
        )
    )
    jobs = [one["spec"]["template"] for one in found if one["kind"] == "Job"]
    services = {one["metadata"]["name"]: one["spec"]["selector"].items() for one in found if one["kind"] == "Service"}
    (master,) = [job for job in jobs if services["berth-loadtest"] <= job["metadata"]["labels"].items()]
    assert len(jobs) == 2
    for job in jobs:
        (container,) = job["spec"]["containers"]
        told = {one["name"]: one["value"] for one in container["env"]}
        assert told["APP_URL"] == "https://dash.example.org"
        assert told["MASTER"] == "berth-loadtest"
        assert container["args"] == master["spec"]["containers"][0]["args"]
        (users,) = [volume["secret"] for volume in job["spec"]["volumes"] if volume["name"] == "users"]
        assert users["secretName"] == "berth-users"
        assert users["items"] == [{"key": "credentials", "path": "credentials"}]


def test_the_load_test_that_the_readme_shows_fits_together(tmp_path: Path) -> None:
    """Both Jobs read the same words, the workers are as many as the master waits for, and both find the release."""
    text = (K8S / "README.md").read_text(encoding="utf-8")
    (shown,) = [yaml.safe_load(block) for block in re.findall(r"(?ms)^```yaml\n(.*?)^```", text)]
    dev = K8S / "overlays/dev"
    shown["components"] = [os.path.relpath(dev / path, tmp_path.resolve()) for path in shown["components"]]
    made = {(one["kind"], one["metadata"]["name"]): one for one in objects(overlay(tmp_path, dev, **shown))}
    assert_valid(rendered(tmp_path))
    master, worker = (made["Job", name]["spec"] for name in ("berth-loadtest", "berth-loadtest-worker"))
    (ours,), (theirs,) = (job["template"]["spec"]["containers"] for job in (master, worker))
    told = {one["name"]: one["value"] for one in ours["env"]}
    assert ours["args"] == theirs["args"]
    assert ours["env"] == theirs["env"]
    assert worker["completions"] == worker["parallelism"] == int(told["WORKERS"]) > 1
    assert (ROOT / f"loadtests/scenarios/{told['SCENARIO']}.py").is_file()
    for variable, component in (("FRONT", "front"), ("CONTROLLER", "controller")):
        host, _, port = told[variable].removeprefix("http://").partition(":")
        service = made["Service", host]["spec"]
        assert int(port) in [one["port"] for one in service["ports"]]
        pods = made["Deployment", f"berth-{component}"]["spec"]["template"]["metadata"]["labels"]
        assert service["selector"].items() <= pods.items()


def test_a_job_of_your_own_may_stand_beside_an_address(tmp_path: Path) -> None:
    """The component `ingress` changes the load test's Jobs only."""
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "mine"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "mine", "image": "mine"}]}}},
    }
    (tmp_path / "job.yaml").write_text(json.dumps(job), encoding="utf-8")
    found = objects(
        overlay(
            tmp_path,
            K8S / "base",
            tmp_path / "job.yaml",
            components=[os.path.relpath(K8S / "components/ingress", tmp_path.resolve())],
            configMapGenerator=[{"name": "berth-address", "literals": ["APP_URL=https://dash.example.org"]}],
        )
    )
    assert job in found


def test_every_object_carries_the_labels(tmp_path: Path) -> None:
    made = objects(everything(tmp_path))
    made = [one for one in made if not one["metadata"]["name"].startswith("berth-address")]
    labels = {"app.kubernetes.io/name": "berth", "app.kubernetes.io/instance": "berth"}
    assert [one["metadata"]["name"] for one in made if not labels.items() <= one["metadata"]["labels"].items()] == []


def test_a_changed_script_rolls_the_replicas(tmp_path: Path) -> None:
    def replica(text: str) -> Object:
        source = [{"name": "berth-dashboards", "behavior": "replace", "literals": [f"hello.py={text}"]}]
        made = objects(overlay(tmp_path, K8S / "overlays" / "dev", configMapGenerator=source))
        (found,) = [
            one["spec"]["template"]
            for one in made
            if one["metadata"]["name"] == "berth-replica" and one["kind"] == "Deployment"
        ]
        return found

    assert replica("1") != replica("2")
    assert replica("1") == replica("1")


@needs("cluster")
@pytest.mark.parametrize("name", OVERLAYS)
def test_a_cluster_takes_an_overlay(name: str, namespace: str, tmp_path: Path) -> None:
    assert_taken(overlay(tmp_path, K8S / "overlays" / name, namespace=namespace))


@needs("cluster")
def test_a_cluster_takes_all_components(namespace: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    # A PodMonitor is taken only where the Prometheus operator is.
    assert_taken(overlay(tmp_path, everything(inner, "monitoring"), namespace=namespace))


def assert_taken(folder: Path) -> None:
    """Raise AssertionError with the API server's words if it would not take all of an overlay."""
    command = ["kubectl", "apply", "--dry-run=server", "--kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(objects(folder))
