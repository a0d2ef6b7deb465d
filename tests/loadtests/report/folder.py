"""Writes a run's folder as the load tests write it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from loadtests.report.run import Run
from loadtests.report.tables import CLIENT, FLEET, STEPS

BEGAN = 1_800_000_000.0
"""When every run begins; times below are seconds since then."""

ABOUT: dict[str, Any] = {
    "scenario": "two_users",
    "began": BEGAN,
    "ended": BEGAN + 60,
    "host": "http://127.0.0.1:8080",
    "path": "/lock",
    "visitors": 2,
    "options": {"factor": 0.1},
    "machine": {"machine": "2 cores, 8 GiB"},
    "versions": {"python": "3.11.7"},
    "stopped": "",
    "label": "berth up",
}

Step = tuple[float, float, str, str, str, str]
"""at, seconds, visitor, step, work, error."""


def quick(at: float, seconds: float, visitor: str = "quick-1", error: str = "") -> Step:
    """A quick task."""
    return at, seconds, visitor, "click Quick", "quick", error


def heavy(at: float, seconds: float, visitor: str = "heavy-1", error: str = "") -> Step:
    """A heavy task."""
    return at, seconds, visitor, "click Heavy", "heavy", error


def other(name: str, at: float, seconds: float, visitor: str = "quick-1", error: str = "") -> Step:
    """Any other step."""
    return at, seconds, visitor, name, "", error


CALM = (quick(0, 1.0), quick(2, 1.0), quick(4, 1.2), heavy(10, 10), quick(11, 1.0), quick(13, 1.1))
"""Nobody waits for anybody."""

BLOCKED = (quick(0, 1.0), quick(2, 1.0), quick(4, 1.2), heavy(10, 10), quick(11, 5.0), quick(16, 4.5))
"""The quick tasks beside the heavy one take several times as long."""


def write(
    folder: Path,
    steps: Iterable[Step] = CALM,
    fleet: Sequence[tuple[float, str, str, float]] = (),
    client: Sequence[tuple[float, str, float, float, int]] = ((1, "1", 0.1, 0.001, 2),),
    **about: Any,
) -> Path:
    """Write a run; times are seconds since it began."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(ABOUT | about), encoding="utf-8")
    rows = (
        (BEGAN + at, length, who, "persona", name, work, 1000, error) for at, length, who, name, work, error in steps
    )
    _table(folder / "steps.csv", STEPS, rows)
    _table(folder / "fleet.csv", FLEET, ((BEGAN + at, *rest) for at, *rest in fleet))
    _table(folder / "client.csv", CLIENT, ((BEGAN + at, *rest) for at, *rest in client))
    return folder


def run(folder: Path, *steps: Step, **files: Any) -> Run:
    """Write a run and read it again."""
    return Run.read(write(folder, steps or CALM, **files))


def _table(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
