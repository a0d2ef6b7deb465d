"""Helm and what checks its results, as a person calls them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "helm"
SCENARIOS = sorted((CHART / "ci").glob("*-values.yaml"))

Object = dict[str, Any]


def run(*command: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command in the chart's folder, and return what became of it."""
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=CHART, input=given, capture_output=True, text=True, timeout=60, check=False)


def rendered(*arguments: str | Path, release: str = "berth") -> str:
    """Return the manifests. Raises AssertionError with Helm's words."""
    done = run("helm", "template", release, CHART, "--namespace", "there", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(*arguments: str | Path) -> list[Object]:
    """Return the objects that are rendered with these arguments."""
    return [one for one in yaml.safe_load_all(rendered(*arguments)) if one]


def refusal(**values: Any) -> str:
    """Return what Helm says to values that it must not take, by their dotted names with two underscores for a dot."""
    flags = [f"--set-json={name.replace('__', '.')}={json.dumps(value)}" for name, value in values.items()]
    done = run("helm", "template", "berth", CHART, *flags)
    assert done.returncode != 0, f"taken: {values}"
    return done.stderr
