"""A load test within the cluster: master and workers beside the release, and its report, fetched by one command."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import tarfile

from tests.e2e.release import Release
from tests.support.polling import until

RUN = {
    "enabled": True,
    "scenario": "neighbours",
    "users": 2,
    "workers": 2,
    "runTime": "40s",
    "options": ["--app", "lock"],
}


def job(release: Release) -> str:
    """The name of the master's Job."""
    (found,) = release.namespace.get("jobs", "--selector", "app.kubernetes.io/component=loadtest")
    return str(found["metadata"]["name"])


def fetched(release: Release, name: str) -> tarfile.TarFile:
    """What the documented command writes once the master is there: it waits for the end of the run."""
    until(lambda: release.namespace.get("job", name)["status"].get("ready"), 90, said=release.picture)
    command = ["kubectl", "--namespace", release.namespace.name, "exec", f"job/{name}", "--"]
    done = subprocess.run(
        [*command, "sh", "/etc/berth/loadtest/report.sh"], capture_output=True, timeout=180, check=True
    )
    return tarfile.open(fileobj=io.BytesIO(done.stdout))


def text(report: tarfile.TarFile, name: str) -> str:
    """A file of the report."""
    file = report.extractfile(f"./{name}")
    assert file
    return file.read().decode()


def workers(report: tarfile.TarFile) -> int:
    """How many workers had visitors."""
    steps = csv.DictReader(io.StringIO(text(report, "steps.csv")))
    return len({step["visitor"].split("-")[1].split(".")[0] for step in steps})


def test_a_run_with_two_workers_leaves_its_report(release: Release) -> None:
    """Both workers' visitors are seated, the run sees their seats, and the report is one command away."""
    release.upgrade(loadTest=RUN)
    name = until(lambda: job(release), 30)
    report = fetched(release, name)
    summary = json.loads(text(report, "summary.json"))
    assert summary["errors"]["count"] == 0, summary["errors"]
    assert summary["sessions"]["opened"] == 2
    assert summary["fleet"]["taken"]["most"] == 2
    assert workers(report) == 2
    assert "<svg" in text(report, "report.html")
    until(lambda: release.namespace.get("job", name)["status"].get("ready", 0) == 0, 30, said=release.picture)
