"""A run's folder: lines are there at once, and another run is not written over."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from berth.errors import ConfigurationError
from loadtests.run.folder import COLUMNS, Folder

STEP = (1.5, 0.2, "quick-1", "quick", "click Run, now", "quick", 0, 'it said "no",\nand ended')


def test_lines_can_be_read_before_the_run_is_over(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "a" / "run")
    folder.add({"steps": [STEP], "client": [(1.0, "client", 0.1, 0.0, 3)]})
    with (folder.path / "steps.csv").open(newline="", encoding="utf-8") as file:
        head, line = csv.reader(file)
    assert tuple(head) == COLUMNS["steps"]
    assert line == [str(cell) for cell in STEP]


def test_a_run_of_nothing_has_files_with_headers_only(tmp_path: Path) -> None:
    Folder(tmp_path).close()
    assert (tmp_path / "fleet.csv").read_text(encoding="utf-8").splitlines() == ["at,source,what,value"]


def test_what_was_run_is_written_anew(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.describe({"ended": None})
    folder.describe({"ended": 2.5, "label": "Bücher"})
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8")) == {"ended": 2.5, "label": "Bücher"}


def test_a_folder_with_a_run_is_refused(tmp_path: Path) -> None:
    Folder(tmp_path).describe({})
    with pytest.raises(ConfigurationError, match="holds a run already"):
        Folder(tmp_path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"Not a directory\. Name a folder that can be made"):
        Folder(tmp_path / "file" / "run")
