"""The benchmark from end to end, as short as it can be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.bench import isolation
from loadtests.bench.__main__ import main
from loadtests.bench.comparison import Run
from loadtests.bench.servers import APPS, NAMES

ROOT = Path(__file__).parents[2]


def test_one_part_is_measured_printed_and_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadtests.bench", "latency", "--tries", "1", "--write", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert "| click to its answer |" in ended.stdout
    assert "latency: part 1 of 1, about" in ended.stderr
    assert "## Clicks and pages with nobody else there" in (tmp_path / "README.md").read_text()
    run = Run.read(tmp_path / "figures.json")
    assert run
    assert [one.server for one in run.results["latency"][0].measured] == list(NAMES)


@pytest.mark.parametrize("kind", isolation.KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_neighbour_has_a_script(kind: isolation.Kind) -> None:
    assert (APPS / f"{kind.name}.py").is_file()


@pytest.mark.parametrize("given", [["nothing"], ["--tries", "0"], ["--tries", "many"]], ids=" ".join)
def test_what_cannot_be_measured_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(given)
    assert given[-1] in capsys.readouterr().err
