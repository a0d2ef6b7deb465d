"""A run's folder: what visitors did, what the system and this client looked like meanwhile.

``steps.csv``, ``fleet.csv`` and ``client.csv`` grow while the run goes on, so
that one that is cut off can be read; ``run.json`` says what was run.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from berth.errors import ConfigurationError

Row = Sequence[Any]
Rows = Mapping[str, Sequence[Row]]
"""Lines by the name of their file."""

COLUMNS = {
    "steps": ("at", "seconds", "visitor", "persona", "step", "work", "bytes", "error"),
    "fleet": ("at", "source", "what", "value"),
    "client": ("at", "worker", "cpu", "delay", "sessions"),
}


class Folder:
    """Files that are written line by line. Raises ConfigurationError for a folder that holds a run already."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            taken = (path / "run.json").exists()
        except OSError as error:
            raise ConfigurationError(f"--report {path}: {error.strerror}. Name a folder that can be made.") from None
        if taken:
            raise ConfigurationError(f"--report {path} holds a run already. Name another folder, or remove this one.")
        self._files = {name: (path / f"{name}.csv").open("w", encoding="utf-8", newline="") for name in COLUMNS}
        self._writers = {name: csv.writer(file) for name, file in self._files.items()}
        for name, writer in self._writers.items():
            writer.writerow(COLUMNS[name])

    def add(self, rows: Rows) -> None:
        """Write lines, at once."""
        for name, lines in rows.items():
            self._writers[name].writerows(lines)
            self._files[name].flush()

    def describe(self, about: Mapping[str, Any]) -> None:
        """Write what was run: at the beginning, and once more at the end."""
        text = json.dumps(about, indent=1, ensure_ascii=False)
        (self.path / "run.json").write_text(f"{text}\n", encoding="utf-8")

    def close(self) -> None:
        """Write no more."""
        for file in self._files.values():
            file.close()
