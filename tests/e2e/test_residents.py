"""The scenario `disruption` against a cluster: whatever is changed or killed, its report shows no session lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.figures import measured
from tests.e2e.kubectl import names
from tests.e2e.release import PASSWORD, USERS, Release
from tests.support.polling import until

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]

SESSIONS = int(os.environ.get("E2E_SESSIONS", "5"))
"""Visitors who stay; up to 20 were tried on one node."""

BEGIN = 20 + 2 * SESSIONS
"""Seconds until all have a seat."""


def disruptions(release: Release) -> dict[int, str]:
    """Commands by the second of the run: a rollout, then both fronts and the controller one after the other."""
    kubectl = f"kubectl --namespace {release.namespace.name}"
    front, other = names(release.ready("front"))
    (controller,) = names(release.ready("controller"))
    return {
        BEGIN: f"{kubectl} rollout restart deployment/{release.name}-replica",
        BEGIN + 15: f"{kubectl} delete pod {front} --wait=false",
        BEGIN + 30: f"{kubectl} delete pod {other} --wait=false",
        BEGIN + 45: f"{kubectl} delete pod {controller} --wait=false",
    }


def residents(release: Release, folder: Path) -> dict[str, Any]:
    """Run the scenario, and return the summary of its report."""
    orders = [f"--disrupt={second}:{command}" for second, command in disruptions(release).items()]
    command = [sys.executable, "-m", "loadtests", "disruption", "--host", release.url, "--report", str(folder)]
    command += ["--users", str(SESSIONS), "--spawn-rate", "2", "--run-time", f"{BEGIN + 60}s", *orders]
    variables = {**os.environ, "CREDENTIALS": ",".join(f"{user}:{PASSWORD}" for user in USERS)}
    subprocess.run(command, cwd=ROOT, env=variables, timeout=BEGIN + 180, check=False)
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return found


def test_residents_lose_no_session(release: Release, tmp_path: Path) -> None:
    """A rollout, both fronts and the controller deleted, and a scale-down at the end: every session goes on."""
    release.upgrade(autoscaling={"maxReplicas": SESSIONS + 3})
    release.await_ready("controller", 1)
    found = residents(release, tmp_path / "run")
    assert found["sessions"]["opened"] == SESSIONS
    assert found["sessions"]["lost"] == 0, found["errors"]
    assert found["steps"]["click Quick"]["count"] > SESSIONS * BEGIN / 4
    assert found["steps"]["reconnect"]["count"] > 0, "no connection was cut"
    measured("a resident whose front was deleted is back in the session", found["steps"]["reconnect"]["max"], "s", 1)
    until(lambda: len(release.replicas()) <= 2, 120, said=release.picture)
