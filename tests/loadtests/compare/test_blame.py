"""Which lines are blamed, read from the supervisor's own words."""

from __future__ import annotations

import json
from pathlib import Path

from panel.io.handlers import NotebookHandler

from loadtests.compare.blame import culprits

CODE = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
AT = "replica 2026-01-01T00:00:00 WARNING berth.replica"


def test_a_line_is_blamed_for_as_long_as_its_process_did_not_react(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text("import time\ntime.sleep(5)  # that one\n")
    log = [
        f"{AT} berth-0: guest blocked for 0.3 s so far by {script}:2 in work",
        f"{AT} berth-1: guest blocked for 0.5 s so far by {script}:1 in <module>",
        f"{AT} berth-0: guest reacts again after 5.0 s",
        f"{AT} berth-1: guest reacts again after 0.6 s",
        f"{AT} berth-0: guest blocked for 0.3 s so far by {script}:2 in work",
        "replica INFO something else",
    ]
    first, second = culprits(log)
    assert (first.place, first.times, first.longest) == (f"{script}:2", 2, 5.0)
    assert first.source == "time.sleep(5)  # that one"
    assert (second.line, second.longest) == (1, 0.6)


def test_a_line_of_a_notebook_is_one_of_the_python_that_panel_makes_of_it(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Title"]},
        {**CODE, "id": "b", "source": ["import time"]},
        {**CODE, "id": "c", "source": ["def work():\n", "    time.sleep(5)  # that one\n", "work"]},
    ]
    notebook = tmp_path / "app.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    as_run = NotebookHandler(filename=str(notebook))._runner.source.splitlines()
    line = as_run.index("    time.sleep(5)  # that one") + 1
    (only,) = culprits([f"{AT} berth-0: guest blocked for 0.3 s so far by {notebook}:{line} in work"])
    assert only.source == "time.sleep(5)  # that one"


def test_what_still_blocks_at_the_end_has_done_so_until_then() -> None:
    log = [
        f"{AT} berth-0: guest blocked for 0.3 s so far by app.py:2 in work",
        "lobby 2026-01-01T00:00:40 INFO somebody else came",
    ]
    (only,) = culprits(log)
    assert (only.times, only.longest) == (1, 40.3)


def test_without_blocked_processes_nothing_is_blamed() -> None:
    assert culprits(["lobby INFO all is well", f"{AT} berth-0: guest reacts again after 1.0 s"]) == []
