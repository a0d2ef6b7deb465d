"""Runs a locustfile in a process of its own, and reads the folder that it leaves."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from typing import Any, Self

from tests.support.program import Program
from tests.support.system import PASSWORD, USERS, System

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "loadtests" / "scenarios"
CREDENTIALS = ",".join(f"{user}:{PASSWORD}" for user in USERS)

Line = dict[str, str]


class Scenario(Program):
    """Locust, headless, with a scenario or any other locustfile. ``folder`` is the run's, ``code`` its exit code."""

    def __init__(self, name: str | Path, host: str, folder: Path, *options: object) -> None:
        super().__init__()
        self.folder = folder
        self.code: int | None = None
        locustfile = name if isinstance(name, Path) else SCENARIOS / f"{name}.py"
        where = ["-f", locustfile, "--host", host, "--report", folder]
        given = ["--headless", "--only-summary", *where, *options]
        self.start([sys.executable, "-m", "locust", *map(str, given)], environment())

    @classmethod
    def on(cls, system: System, name: str, folder: Path, *options: object) -> Self:
        """Run one against Berth, which is watched."""
        watched = ["--watch", f"http://127.0.0.1:{system.operations_port}", "--watch-pid", system.process.pid]
        return cls(name, system.url, folder, *watched, *options)

    def ended(self, within: float = 60.0) -> int:
        """Wait for the end, and return the exit code. ``within`` is in seconds."""
        try:
            self.code = self.process.wait(within)
            return self.code
        finally:
            self.process.kill()
            self.process.wait()

    def succeeded(self) -> Self:
        """Wait for an end without any failure."""
        code = self.ended()
        # 3: the tests beside this one made the client late, which its report says.
        assert code in (0, 3), (code, self.failures(), self.log()[-4000:])
        assert self.failures() == []
        assert "Traceback" not in self.log()
        return self

    def failed(self) -> Self:
        """Wait for an end with failures that were counted."""
        code = self.ended()
        assert code in (1, 3), (code, self.log()[-4000:])
        assert self.failures()
        assert "Traceback" not in self.log()
        return self

    def rows(self, file: str) -> list[Line]:
        """Return what one of the folder's files holds."""
        with (self.folder / f"{file}.csv").open(encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text))

    def steps(self, name: str = "", persona: str = "") -> list[Line]:
        """Return the steps of this name and of this persona, or of all."""
        return [
            step
            for step in self.rows("steps")
            if (not name or step["step"] == name) and (not persona or step["persona"] == persona)
        ]

    def failures(self) -> list[Line]:
        """Return the steps that failed."""
        return [step for step in self.steps() if step["error"]]

    def fleet(self, source: str, what: str) -> list[float]:
        """Return the values of one kind."""
        return [float(line["value"]) for line in self.rows("fleet") if (line["source"], line["what"]) == (source, what)]

    def read(self, file: str) -> dict[str, Any]:
        """Return what one of the folder's JSON files holds."""
        found: dict[str, Any] = json.loads((self.folder / file).read_text(encoding="utf-8"))
        return found


def environment(**more: str) -> dict[str, str]:
    """What a run knows: who may log in, and where the packages are."""
    path = os.pathsep.join([str(ROOT / "app"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "CREDENTIALS": CREDENTIALS, **more}
