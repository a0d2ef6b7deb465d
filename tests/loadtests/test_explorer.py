"""Scenarios against the dashboard that `berth up` serves without a script, as its preset describes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loadtests.scenario import Scenario
from tests.support.system import System


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Berth with the Explorer, and a seat for everybody."""
    with System(BERTH_MAX_BERTHS=4, BERTH_SPARE=3, BERTH_SEAT_GRACE=0.2) as running:
        yield running


def test_nobody_waits_for_a_job_of_somebody_else(system: System, tmp_path: Path) -> None:
    run = Scenario.on(system, "two_users", tmp_path, "--app", "explorer", "--rounds", 2).succeeded()
    heavy = [float(step["seconds"]) for step in run.steps("click Compute intervals", "heavy")]
    assert len(heavy) == 2
    assert min(heavy) > 0.5, "a job takes its time, also where the result was there before"
    assert {step["work"] for step in run.steps("set Measure", "quick")} == {"quick"}
    isolation = run.read("summary.json")["isolation"]
    assert isolation["alone"] >= 6
    assert isolation["beside"] >= 4
    assert isolation["median"] < 2


def test_neighbours_look_at_other_figures_again_and_again(system: System, tmp_path: Path) -> None:
    options = ("--app", "explorer", "-u", 3, "-r", 3, "-t", "8s", "--heavy-share", 0.34, "--rest", 1)
    run = Scenario.on(system, "neighbours", tmp_path, *options).succeeded()
    looked = run.steps("set Measure", "quick")
    assert len({step["visitor"] for step in looked}) == 2
    assert len(looked) >= 2
