"""The chart: what it renders is valid, safe, documented, and the same every time."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from berth.settings import Settings
from tests.chart.helm import CHART, SCENARIOS, Object, objects, refusal, rendered, run
from tests.support.require import needs

pytestmark = needs("helm")

SCHEMAS = Path(__file__).parent / "schemas"

EXCEPTIONS = {
    "container-image-pull-policy": "tags of Berth are never reused; `Always` would need the registry for every new pod",
    "pod-networkpolicy": "dashboards may call what they like, so nothing limits what leaves a pod",
    "deployment-has-host-podantiaffinity": "replicas lie together on purpose, so that nodes become empty and can go",
    "horizontalpodautoscaler-replicas": "the floor is the controller's, and may well be one",
}
"""What kube-score would have otherwise, and why it is not so."""

OF_LOAD_TESTS = {
    "deployment-strategy": "a load test reads the controller through a Service, and two would pull at the same floor",
    "deployment-replicas": "the same: never two controllers",
}
"""The same, where a load test runs."""

scenarios = pytest.mark.parametrize("values", SCENARIOS, ids=lambda path: path.name.removesuffix("-values.yaml"))


def workloads(*arguments: str | Path) -> list[Object]:
    """Return metadata and spec of all pods that are rendered."""
    found = []
    for one in objects(*arguments):
        if one["kind"] in ("Deployment", "Job"):
            found.append({"metadata": one["metadata"], "spec": one["spec"]["template"]["spec"]})
        if one["kind"] == "Pod":
            found.append(one)
    return found


def containers(pod: Object) -> list[Object]:
    """Return all containers of a pod that the chart makes."""
    return [
        one
        for one in pod["spec"]["containers"]
        if one["name"] in ("router", "lobby", "replica", "controller", "visit", "loadtest")
    ]


def documented_keys(values: Any, prefix: str = "") -> list[str]:
    """Return the dotted names of all values that are no groups."""
    if not isinstance(values, dict) or not values:
        return [prefix.strip(".")]
    return [key for name, value in values.items() for key in documented_keys(value, f"{prefix}.{name}")]


def test_its_unit_tests_pass() -> None:
    done = run("helm-unittest", "--strict", ".")
    assert done.returncode == 0, done.stdout + done.stderr


@scenarios
def test_helm_finds_nothing_to_complain_of(values: Path) -> None:
    done = run("helm", "lint", "--strict", ".", "--values", values)
    assert done.returncode == 0, done.stdout + done.stderr


@scenarios
def test_every_object_is_what_kubernetes_takes(values: Path) -> None:
    location = f"{SCHEMAS}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    done = run("kubeconform", "-strict", "-summary", "-schema-location", location, given=rendered("--values", values))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Skipped: 0" in done.stdout


@scenarios
def test_kube_score_finds_nothing_but_the_exceptions(values: Path) -> None:
    more = OF_LOAD_TESTS if values.name.startswith("loadtest-") else {}
    ignored = [f"--ignore-test={name}" for name in EXCEPTIONS | more]
    command = ("kube-score", "score", "--ignore-container-cpu-limit", "--exit-one-on-warning", *ignored, "-")
    # It reads no HTTPRoute or PodMonitor.
    done = run(*command, given=rendered("--values", values))
    assert done.returncode == 0, done.stdout + done.stderr


@scenarios
def test_two_renders_are_identical(values: Path) -> None:
    assert rendered("--values", values) == rendered("--values", values)


@scenarios
def test_every_pod_fits_the_restricted_profile_and_has_a_read_only_root(values: Path) -> None:
    for pod in workloads("--values", values):
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@scenarios
def test_only_the_controller_has_a_token(values: Path) -> None:
    mounted = {
        pod["metadata"]["name"]: pod["spec"]["automountServiceAccountToken"] for pod in workloads("--values", values)
    }
    assert [name for name, token in mounted.items() if token] == ["berth-controller"]


@scenarios
def test_every_variable_is_a_setting(values: Path) -> None:
    known = {spec.metadata["variable"] for spec in fields(Settings)}
    given = {
        entry["name"]
        for pod in workloads("--values", values)
        for container in containers(pod)
        for entry in container["env"]
        if re.match(r"(BERTH|PANEL)_", entry["name"])
    }
    assert given - known == set()


def test_a_newer_chart_alone_restarts_no_pod(tmp_path: Path) -> None:
    newer = tmp_path / "helm"
    run("cp", "--recursive", CHART, newer)
    chart = newer / "Chart.yaml"
    chart.write_text(
        re.sub(r"(?m)^version: .*$", "version: 9.9.9", chart.read_text(encoding="utf-8")), encoding="utf-8"
    )
    done = run("helm", "template", "berth", newer, "--namespace", "there")
    assert "berth-9.9.9" in done.stdout
    templates = [
        one["spec"]["template"] for one in yaml.safe_load_all(done.stdout) if one and one["kind"] == "Deployment"
    ]
    assert templates == [one["spec"]["template"] for one in objects() if one["kind"] == "Deployment"]


def test_other_users_restart_only_the_front() -> None:
    def templates(users: str) -> dict[str, Any]:
        made = objects(f"--set=auth.credentials={users}")
        return {one["metadata"]["name"]: one["spec"]["template"] for one in made if one["kind"] == "Deployment"}

    before, after = templates("ann:one"), templates("ann:two")
    assert [name for name in before if before[name] != after[name]] == ["berth-front"]


def test_other_dashboards_restart_only_the_replicas() -> None:
    def templates(text: str) -> dict[str, Any]:
        made = objects(f"--set-string=dashboards.files.a\\.py={text}")
        return {one["metadata"]["name"]: one["spec"]["template"] for one in made if one["kind"] == "Deployment"}

    before, after = templates("1"), templates("2")
    assert [name for name in before if before[name] != after[name]] == ["berth-replica"]


def test_a_namespace_and_a_release_may_be_called_like_a_truth_value() -> None:
    text = rendered("--namespace", "on", release="y")
    for one in yaml.safe_load_all(text):
        assert one["metadata"]["namespace"] == "on"
        assert one["metadata"]["labels"]["app.kubernetes.io/instance"] == "y"


def test_every_value_is_documented_above_itself() -> None:
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    lacking = [
        line
        for before, line in zip(text.splitlines(), text.splitlines()[1:], strict=False)
        if _undocumented(before, line)
    ]
    assert [line for line in lacking if not line.rstrip().endswith(":")] == []


def _undocumented(before: str, line: str) -> bool:
    inside = re.match(r"\s*(requests|limits|grafana_dashboard):", line)
    return bool(re.match(r"\s*\w+:", line)) and not before.lstrip().startswith("#") and not inside


def test_the_readme_is_the_one_of_the_values(tmp_path: Path) -> None:
    done = run("helm-docs", "--sort-values-order=file", "--log-level=error", "--dry-run")
    assert done.stdout.strip() == (CHART / "README.md").read_text(encoding="utf-8").strip(), "run `make chart`"


def test_the_schema_names_every_value_and_no_other() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

    def compare(part: Object, value: Any, path: str) -> None:
        if part.get("additionalProperties") is not False or "properties" not in part:
            return
        if path == ".settings":
            return
        assert set(part["properties"]) - {"global"} == set(value), path
        for name, inner in value.items():
            compare(part["properties"][name], inner, f"{path}.{name}")

    compare(schema, values, "")


def test_every_setting_is_either_a_value_of_its_own_or_allowed_in_settings() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    allowed = set(schema["properties"]["settings"]["properties"])
    texts = "".join(path.read_text(encoding="utf-8") for path in (CHART / "templates").rglob("*") if path.is_file())
    owned = {spec.metadata["variable"] for spec in fields(Settings)} - allowed
    fixed = {"COOKIE_SECRET", "CREDENTIALS", "PANEL_OAUTH_SECRET"}  # given as files
    fixed |= {"BERTH_BERTH_PORT", "BERTH_OPERATIONS_PORT", "BERTH_LOBBY_PORT"}  # the defaults are named in Services
    assert [variable for variable in sorted(owned - fixed) if not re.search(rf"\b{variable}\b", texts)] == []
    assert [
        variable
        for variable in sorted(allowed)
        if variable not in {spec.metadata["variable"] for spec in fields(Settings)}
    ] == []


def test_values_of_a_wrong_type_are_refused_by_their_name() -> None:
    assert "/autoscaling/maxReplicas" in refusal(autoscaling__maxReplicas="ten")
    assert "/replica/berths" in refusal(replica__berths=0)
    assert "/appUrl" in refusal(appUrl="dash.example.org")
    assert "/auth/login" in refusal(auth__login="ldap")
    assert "/image/pullPolicy" in refusal(image__pullPolicy="Sometimes")


def test_unknown_values_are_refused_by_their_name() -> None:
    assert "replicas" in refusal(replicas=3)
    assert "maxReplica" in refusal(autoscaling__maxReplica=3)
    assert "BERTH_SAET_GRACE" in refusal(settings__BERTH_SAET_GRACE=3)
    assert "BERTH_SEATS" in refusal(settings__BERTH_SEATS=3)


def test_all_that_cannot_work_is_said_at_once() -> None:
    said = refusal(autoscaling__minReplicas=11, ingress__enabled=True)
    assert "autoscaling.minReplicas=11 is more than autoscaling.maxReplicas=10" in said
    assert "ingress.enabled needs appUrl" in said


def test_the_notes_say_how_to_get_in(tmp_path: Path) -> None:
    def notes(*arguments: str) -> str:
        return run("helm", "install", "berth", CHART, "--namespace", "there", "--dry-run=client", *arguments).stdout

    assert "port-forward service/berth-front 8080:8080" in notes()
    assert "get secret berth-secret" in notes()
    assert "get secret" not in notes("--set=auth.credentials=ann:one")
    assert "Everybody who reaches the Service" in notes("--set=auth.login=none")
    assert "Pods wait until the Secret mine is there" in notes("--set=auth.existingSecret=mine")
    assert "up to 24 visitors at once" in notes("--set=replica.berths=4", "--set=autoscaling.maxReplicas=6")
    assert "begins with http:" in notes("--set=appUrl=http://dash.example.org")


def test_the_grafana_dashboard_asks_for_metrics_that_exist() -> None:
    package = CHART.parent / "app" / "berth"
    sources = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py") if "metrics" in path.name)
    asked = set(re.findall(r"\bberth_\w+", (CHART / "files" / "grafana.json").read_text(encoding="utf-8")))
    stems = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in asked}
    assert [name for name in sorted(stems) if f'"{name}"' not in sources] == []
