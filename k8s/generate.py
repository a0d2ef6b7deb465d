"""Writes the base and the components that come from the chart: `make k8s`, or `python k8s/generate.py [FOLDER]`.

Needs helm. What a text of the chart says in comments is kept; what only Helm needs is left out.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

HERE = Path(__file__).parent
CHART = HERE.parent / "helm"
RELEASE = "berth"

COMPONENTS = {
    "HorizontalPodAutoscaler": "components/autoscaling",
    "NetworkPolicy": "components/network-policies",
    "PodMonitor": "components/monitoring",
    "ConfigMap": "components/monitoring",
}
"""Folder of each kind that not every cluster needs; the rest is the base. The one ConfigMap is Grafana's dashboard."""

LOAD_TEST = "components/loadtest"
"""Folder of all objects that the chart makes for a load test only."""

FOLDERS = ("base", *sorted({*COMPONENTS.values(), LOAD_TEST}))
"""What is generated, whole."""

RUN = re.compile(rf"\b({RELEASE}-loadtest)-[0-9a-f]{{8}}\b")
"""A Job's name in the chart, which follows from its values."""

HELMS_OWN = re.compile(
    r"(?m)^# Source: .*\n"
    r"|^ +(?:helm\.sh/chart|app\.kubernetes\.io/managed-by|app\.kubernetes\.io/version): .*\n"
    r"|^  namespace: .*\n"  # of the object; a RoleBinding's subject, deeper inside, must have one
    r"| +$"
)
"""What says where a text comes from, and blanks. A version would be wrong after a change of the image."""

NOTE = "# Made from the chart by `make k8s`. Change it there, or patch it in an overlay.\n"

HEADS = {
    "base": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
    "components": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
}
"""How a kustomization begins, by the first folder of its path."""


def main() -> None:
    """Write everything anew below the folder named, or where this file lies."""
    written = generated(rendered(), rendered("loadTest.enabled=true"))
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for folder in FOLDERS:
        for path in (target / folder).glob("*.yaml"):
            path.unlink()
    for name, text in written.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def rendered(*values: str) -> Sequence[str]:
    """Return the manifests that the chart makes of values.yaml and these. Ends the program with Helm's words if not."""
    command = ["helm", "template", RELEASE, str(CHART), "--namespace", "default", "--no-hooks"]
    command += ["--values", str(HERE / "values.yaml"), *(f"--set={value}" for value in values)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (fixed words, paths of this repository)
    except FileNotFoundError:
        sys.exit("helm is not on PATH: https://helm.sh/docs/intro/install/")
    if done.returncode:
        sys.exit(done.stderr)
    return re.split(r"(?m)^---\n", done.stdout)


def generated(manifests: Sequence[str], with_load_test: Sequence[str]) -> Mapping[str, str]:
    """Return all files by their paths below k8s/: one object a file, and a kustomization a folder."""
    files = dict(file for manifest in manifests for file in files_of(manifest))
    for manifest in with_load_test:
        if manifest not in manifests:
            files |= dict(files_of(RUN.sub(r"\1", manifest), LOAD_TEST))
    names: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(map(Path, files)):
        names[path.parent.as_posix()].append(path.name)
    for folder, found in names.items():
        head = HEADS[folder.partition("/")[0]]
        listed = "".join(f"  - {name}\n" for name in found)
        files[f"{folder}/kustomization.yaml"] = f"{NOTE}{head}resources:\n{listed}"
    return files


def files_of(manifest: str, folder: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and text of the object, if there is one; without ``folder`` it belongs where its kind does."""
    found = yaml.safe_load(manifest)
    if not found:
        return
    kind = found["kind"]
    name = found["metadata"]["name"].removeprefix(RELEASE).strip("-")
    file = "-".join(filter(None, (name, kind.lower())))
    text = HELMS_OWN.sub("", manifest).strip()
    yield f"{folder or COMPONENTS.get(kind, 'base')}/{file}.yaml", f"{NOTE}{text}\n"


if __name__ == "__main__":
    main()
