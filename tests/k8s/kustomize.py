"""Kustomizations, as `kubectl` reads them, and what they render."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

K8S = Path(__file__).parents[2] / "k8s"
OVERLAYS = ("dev", "production")

Object = dict[str, Any]


def overlay(folder: Path, *resources: Path, **fields: Any) -> Path:
    """Write an overlay into a folder; its resources are kustomizations elsewhere. Returns the folder."""
    # Kustomize takes no absolute paths, and resolves links before it follows a relative one.
    listed = [os.path.relpath(resource, folder.resolve()) for resource in resources]
    kustomization = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": listed}
    (folder / "kustomization.yaml").write_text(json.dumps(kustomization | fields), encoding="utf-8")
    return folder


def everything(folder: Path, *without: str) -> Path:
    """Write an overlay of the base and all components but those named. Returns the folder."""
    components = [path for path in sorted((K8S / "components").iterdir()) if path.name not in without]
    generated = {
        "berth-dashboards": {"literals": ["hello.py=1"]},
        "berth-address": {"literals": ["APP_URL=https://dash.example.org"]},
    }
    return overlay(
        folder,
        K8S / "base",
        components=[os.path.relpath(path, folder.resolve()) for path in components],
        configMapGenerator=[{"name": name, **source} for name, source in generated.items()],
    )


def rendered(folder: Path) -> str:
    """Return the manifests. Raises AssertionError with kubectl's words."""
    command = ["kubectl", "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(folder: Path) -> list[Object]:
    """Return the objects that are rendered."""
    return [one for one in yaml.safe_load_all(rendered(folder)) if one]
