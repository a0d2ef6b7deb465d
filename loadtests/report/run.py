"""A run as it was written to a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from berth.errors import ConfigurationError
from loadtests.report import tables
from loadtests.report.about import About
from loadtests.report.columns import Client, Series, Steps
from loadtests.report.lines import AGAIN, Rows


@dataclass(frozen=True)
class Run:
    """A run. ``fleet`` has a series for every source and what it told; ``cut`` is whether it was cut off."""

    folder: Path
    about: About
    steps: Steps
    fleet: Mapping[tuple[str, str], Series]
    client: Client
    cut: bool

    @classmethod
    def read(cls, folder: Path) -> Run:
        """Read the folder. Raises ConfigurationError naming file and line for anything that is not as it was written.

        A run that was cut off, so that the last lines are half written, is read without these.
        """
        if not folder.is_dir():
            raise ConfigurationError(f"{folder} is no folder. Name the folder that a run has written.")
        about = About.read(folder / "run.json")
        names = {"steps": tables.STEPS, "fleet": tables.FLEET, "client": tables.CLIENT}
        rows = {name: Rows(folder / f"{name}.csv", columns) for name, columns in names.items()}
        steps = tables.steps(rows["steps"])
        if not steps.at.size:
            raise ConfigurationError(f"{rows['steps'].path} holds no step: nobody did anything in this run. {AGAIN}")
        fleet, client = tables.fleet(rows["fleet"]), tables.client(rows["client"])
        return cls(folder, about, steps, fleet, client, about.ended is None or any(one.cut for one in rows.values()))

    @property
    def ended(self) -> float:
        """When it ended (s since the epoch), or when the last step did if it was cut off."""
        return self.about.ended or float(self.steps.end.max())
