"""The command: files, exit codes, and what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.report import compare, write
from loadtests.report.command import main
from tests.loadtests.report import folder
from tests.loadtests.report.folder import BLOCKED, CALM, quick

BUSY = [(at, "1", 0.95, 0.001, 10) for at in range(20)]


@pytest.fixture
def bound(tmp_path: Path) -> Path:
    """Thresholds that a run in which somebody waits misses."""
    file = tmp_path / "thresholds.toml"
    file.write_text("[isolation]\nmedian = 1.2\n")
    return file


def test_a_run_that_keeps_all_is_0(tmp_path: Path, bound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = folder.write(tmp_path / "run")
    assert write(run, bound) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("# Load test: two_users, berth up\n\n**Nobody waited: ")
    assert said.out.endswith(f"The one threshold is kept.\n\nReport: {run / 'report.html'}\n")


def test_report_and_data_are_in_the_run_s_folder(tmp_path: Path) -> None:
    run = folder.write(tmp_path / "run")
    assert write(run) == 0
    assert (run / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (run / "report.md").read_text(encoding="utf-8").startswith("# Load test: two_users, berth up\n")
    assert json.loads((run / "summary.json").read_text(encoding="utf-8"))["isolation"]["median"] == 1.0


def test_a_missed_threshold_is_1(tmp_path: Path, bound: Path) -> None:
    run = folder.write(tmp_path / "run", BLOCKED)
    assert write(run, bound) == 1
    assert write(run) == 0


def test_bad_input_is_2_and_a_sentence(tmp_path: Path, bound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write(tmp_path / "nowhere") == 2
    assert capsys.readouterr().err == f"{tmp_path / 'nowhere'} is no folder. Name the folder that a run has written.\n"
    bound.write_text("[isolation]\nmean = 1\nmedain = 2")
    assert write(folder.write(tmp_path / "run"), bound) == 2
    assert capsys.readouterr().err.count("is no figure of the summary") == 2


def test_a_folder_that_cannot_be_written_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert write(folder.write(tmp_path / "run"), to=tmp_path / "file") == 2
    assert "The report cannot be written: " in capsys.readouterr().err


def test_a_client_that_was_too_slow_is_3_whatever_else(tmp_path: Path, bound: Path) -> None:
    """Its figures cannot be believed, so that neither can a kept threshold nor a missed one."""
    assert write(folder.write(tmp_path / "calm", client=BUSY), bound) == 3
    assert write(folder.write(tmp_path / "blocked", BLOCKED, client=BUSY), bound) == 3


def test_the_report_can_be_written_elsewhere(tmp_path: Path) -> None:
    run = folder.write(tmp_path / "run")
    assert main([str(run), "--to", str(tmp_path / "a" / "b")]) == 0
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        "report.html",
        "report.md",
        "summary.json",
    ]
    assert not (run / "report.html").exists()


def test_thresholds_of_a_comparison_are_not_for_what_is_compared_with(tmp_path: Path, bound: Path) -> None:
    stock = folder.write(tmp_path / "stock", BLOCKED, label="panel serve")
    berth = folder.write(tmp_path / "berth", CALM)
    assert compare([stock, berth], tmp_path / "both", bound) == 0
    assert compare([berth, stock], tmp_path / "both", bound) == 1
    assert "berth up beside panel serve" in (tmp_path / "both" / "comparison.md").read_text(encoding="utf-8")
    assert (tmp_path / "both" / "comparison.html").exists()
    assert (stock / "report.html").exists()
    assert (berth / "summary.json").exists()


def test_a_client_that_was_too_slow_in_any_run_is_3(tmp_path: Path) -> None:
    stock = folder.write(tmp_path / "stock", BLOCKED, client=BUSY)
    assert compare([stock, folder.write(tmp_path / "berth")], tmp_path / "both") == 3


def test_several_runs_are_compared_in_the_folder_of_the_last(tmp_path: Path) -> None:
    runs = [folder.write(tmp_path / name, label=name) for name in ("one", "other")]
    assert main([str(run) for run in runs]) == 0
    assert (runs[-1] / "comparison.html").exists()


def test_as_a_program_it_ends_with_the_exit_code(tmp_path: Path, bound: Path) -> None:
    run = folder.write(tmp_path / "run", BLOCKED)
    command = [sys.executable, "-m", "loadtests.report", str(run), "--thresholds", str(bound)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "1 of 1 threshold missed." in done.stdout


def test_a_long_run_makes_no_large_report(tmp_path: Path) -> None:
    """What is written grows with the kinds of steps, not with their number."""
    errors = ("", "", "", "no answer to task {}")
    steps = (quick(at / 10, 1.0, f"visitor-{at}", errors[at % 4].format(at)) for at in range(100_000))
    run = folder.write(tmp_path / "run", steps, ended=folder.BEGAN + 10_001)
    assert write(run) == 0
    assert sum((run / name).stat().st_size for name in ("report.html", "report.md", "summary.json")) < 300_000
    assert json.loads((run / "summary.json").read_text())["errors"]["kinds"] == [
        {"step": "click Quick", "error": "no answer to task 3", "count": 25_000}
    ]
