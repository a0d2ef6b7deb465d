"""Every scenario for some seconds against a real `berth up`: what it does, and what it leaves in its folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.bench.servers import APPS
from tests.loadtests.scenario import ROOT, SCENARIOS, Scenario, environment
from tests.support.polling import until
from tests.support.system import System

BERTHS = 4

KILL_A_TAKEN_BERTH = """
import os, requests
berths = requests.get("http://127.0.0.1:{port}/status").json()["berths"]
os.kill(next(berth["pid"] for berth in berths if berth["visitors"]), 9)
"""

NAMES = sorted(path.stem for path in SCENARIOS.glob("*.py") if path.stem not in ("__init__", "target"))


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Berth with four seats, a lock app whose heavy task takes eight times as long as the quick one."""
    settings: dict[str, Any] = {
        "BERTH_MAX_BERTHS": BERTHS,
        "BERTH_SPARE": BERTHS,
        "BERTH_SEAT_GRACE": 0.2,
        "BERTH_LOST_GRACE": 3,
        "LOCK_APP_SECONDS": "0.1,0.8",
    }
    with System(APPS / "lock.py", **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def empty(system: System) -> Iterator[None]:
    """Whatever a scenario does, all its seats are free soon after it."""
    yield
    until(lambda: system.status()["taken"] == 0, 30)


def test_two_users_ends_by_itself_and_finds_that_nobody_waits(system: System, tmp_path: Path) -> None:
    run = Scenario.on(system, "two_users", tmp_path, "--rounds", 2).succeeded()
    assert len(run.steps("click Heavy", "heavy")) == 2
    assert {step["work"] for step in run.steps("click Quick", "quick")} == {"quick"}
    isolation = run.read("summary.json")["isolation"]
    assert isolation["alone"] >= 6
    assert isolation["beside"] >= 4
    assert isolation["median"] < 1.5


def test_neighbours_are_quick_and_heavy_in_the_given_share(system: System, tmp_path: Path) -> None:
    options = ("-u", 3, "-r", 3, "-t", "5s", "--heavy-share", 0.34, "--rest", 0.5)
    run = Scenario.on(system, "neighbours", tmp_path, *options).succeeded()
    assert {step["visitor"].split("-")[0] for step in run.steps("open")} == {"quick", "heavy"}
    assert len(run.steps("open", "quick")) == 2
    assert run.steps("click Quick", "quick")
    assert run.steps("click Heavy", "heavy")
    assert run.read("run.json")["visitors"] == 3


def test_steady_people_look_and_work(system: System, tmp_path: Path) -> None:
    run = Scenario.on(system, "steady", tmp_path, "-u", 4, "-r", 4, "-t", "10s").succeeded()
    assert len(run.steps("open")) >= 4
    assert {step["work"] for step in run.steps()} & {"quick", "heavy"}
    assert len(run.steps("session")) == len(run.steps("open"))


def test_arrivals_come_in_a_ramp_and_a_burst_and_those_without_a_seat_wait(system: System, tmp_path: Path) -> None:
    options = ("-u", 2, "--ramp", 2, "--burst", 4, "--stay", 4)
    run = Scenario.on(system, "arrivals", tmp_path, *options).succeeded()
    assert len(run.steps("seat")) == 6
    assert len(run.steps("waiting room")) >= 2
    places = [float(line["value"]) for line in run.rows("fleet") if line["what"] == "place"]
    assert places
    assert min(places) == 1
    assert max(run.fleet("fleet", "taken")) == BERTHS


def test_arrivals_end_when_they_are_told_to(system: System, tmp_path: Path) -> None:
    run = Scenario.on(system, "arrivals", tmp_path, "-u", 1, "--ramp", 1, "--burst", 0, "--stay", 600, "-t", "3s")
    assert run.ended(30) in (0, 3), run.log()[-4000:]
    assert len(run.steps("seat")) == 1


def test_churn_leaves_no_seat_taken(system: System, tmp_path: Path) -> None:
    run = Scenario.on(system, "churn", tmp_path, "-u", 3, "-r", 3, "-t", "10s", "--stop-timeout", 4).succeeded()
    assert len({step["visitor"] for step in run.steps("open")}) > 3
    assert run.steps("reconnect") or len(run.steps("open")) > len({step["visitor"] for step in run.steps("open")})


def test_soak_is_one_visit_after_the_other_each_by_somebody_new(system: System, tmp_path: Path) -> None:
    run = Scenario.on(system, "soak", tmp_path, "-u", 2, "-r", 2, "-t", "6s", "--stop-timeout", 4).succeeded()
    visitors = [step["visitor"] for step in run.steps("open")]
    assert len(visitors) == len(set(visitors)) > 4
    for role in ("router", "lobby", "supervisor", "berths"):
        assert min(run.fleet(role, "memory")) > 1, role
        assert run.fleet(role, "cpu"), role


def test_a_session_outlives_a_router_that_is_killed(system: System, tmp_path: Path) -> None:
    kill = f"2:kill -9 {system.role('haproxy').pid}"
    run = Scenario.on(system, "disruption", tmp_path, "-u", 2, "-r", 2, "-t", "10s", "--disrupt", kill)
    run.ended()
    assert {step["error"] for step in run.failures()} <= {"the connection broke off"}, "of a task that was under way"
    (operator,) = run.steps(persona="operator")
    assert operator["step"].startswith("run kill -9")
    assert len(run.steps("reconnect")) >= 2
    assert len(run.steps("open")) == 2
    assert [step["error"] for step in run.steps("session")] == ["", ""]


def test_a_session_whose_berth_is_killed_is_counted_as_lost_and_the_visitor_comes_again(
    system: System, tmp_path: Path
) -> None:
    script = tmp_path / "kill.py"
    script.write_text(KILL_A_TAKEN_BERTH.format(port=system.operations_port))
    kill = f"2:{sys.executable} {script}"
    options = ("-u", 2, "-r", 2, "-t", "10s", "--disrupt", kill, "--back-within", 2)
    run = Scenario.on(system, "disruption", tmp_path / "run", *options).failed()
    lost = [step for step in run.steps("session") if step["error"]]
    assert len(lost) == 1, run.steps("session")
    assert run.read("summary.json")["sessions"]["lost"] == 1
    opened = [step["visitor"] for step in run.steps("open")]
    assert sorted(map(opened.count, set(opened))) == [1, 2]


def test_a_command_that_fails_is_counted_with_what_it_says(system: System, tmp_path: Path) -> None:
    order = "1:echo no such pod >&2; exit 4"
    run = Scenario.on(system, "disruption", tmp_path, "-u", 1, "-t", "4s", "--disrupt", order).failed()
    assert [step["error"] for step in run.failures()] == ["exit code 4: no such pod"]


def test_an_app_of_ones_own_is_driven_by_labels_and_texts(system: System, tmp_path: Path) -> None:
    quick = ("--app", "own", "--page", "/lock", "--quick", "Quick", "--quick-done", "quick task {n} done")
    run = Scenario.on(system, "neighbours", tmp_path, *quick, "--heavy-share", 0, "-u", 1, "-t", "4s").succeeded()
    took = [float(step["seconds"]) for step in run.steps("click Quick")]
    assert took
    assert min(took) >= 0.1


@pytest.mark.parametrize(
    ("scenario", "options", "said"),
    [
        ("soak", ("--page", "lock"), "--page 'lock' is no path: it begins with a slash"),
        ("soak", ("--app", "own"), "--quick is empty: give a button's label"),
        ("soak", ("--app", "own", "--quick", "Q", "--quick-done", "("), "--quick-done '(' is no regular expression"),
        ("soak", ("--app", "own", "--quick", "Rows=10"), "--quick 'Rows=10' changes nothing: give two values"),
        ("soak", ("--app", "own", "--quick", "Q", "--quick-done", "{enabled}!"), "{enabled} stands alone"),
        ("soak", ("--step-limit", "0"), "argument --step-limit: '0' is no number above 0"),
        ("soak", ("--watch", "127.0.0.1:9090"), "--watch '127.0.0.1:9090' is no URL"),
        ("soak", ("--watch-pid", "99999999"), "--watch-pid 99999999: there is no such process"),
        ("soak", ("--thresholds", "none.toml"), "--thresholds none.toml: there is no such file"),
        ("soak", ("--host", "127.0.0.1:8080"), "--host '127.0.0.1:8080' is no URL"),
        ("arrivals", ("--ramp", "-3"), "argument --ramp: '-3' is no number above 0"),
        ("arrivals", ("--burst", "1.5"), "argument --burst: '1.5' is no whole number"),
        ("neighbours", ("--heavy-share", "25"), "argument --heavy-share: '25' is no number from 0 to 1"),
        ("disruption", ("--disrupt", "kill 1"), "--disrupt 'kill 1': give SECONDS:COMMAND"),
    ],
)
def test_an_option_that_cannot_be_meant_ends_the_run_before_it_begins(
    tmp_path: Path, scenario: str, options: tuple[str, ...], said: str
) -> None:
    run = Scenario(scenario, "http://127.0.0.1:9", tmp_path / "run", *options)
    assert run.ended() == 2
    assert said in run.log()
    assert "Traceback" not in run.log()
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").glob("report.*"))


def test_a_folder_that_holds_a_run_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    run = Scenario("soak", "http://127.0.0.1:9", tmp_path)
    assert run.ended() == 2
    assert "holds a run already. Name another folder" in run.log()
    assert (tmp_path / "run.json").read_text() == "{}"


def test_passwords_stand_neither_in_the_folder_nor_in_the_output(tmp_path: Path) -> None:
    options = ("--credentials", "alice:sesame-open", "-u", 1, "-t", "2s", "--page", "/lock")
    run = Scenario("soak", "http://127.0.0.1:9", tmp_path, *options).failed()
    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert "sesame-open" not in written + run.log()


def test_a_run_in_which_nobody_came_in_fails_whatever_the_thresholds_allow(tmp_path: Path) -> None:
    thresholds = tmp_path / "thresholds.toml"
    thresholds.write_text("[sessions]\nlost = 0\n")
    options = ("-u", 1, "-t", "2s", "--page", "/lock", "--thresholds", thresholds)
    Scenario("soak", "http://127.0.0.1:9", tmp_path / "run", *options).failed()


def ran(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``python -m loadtests`` to its end."""
    command = [sys.executable, "-m", "loadtests", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=200)


@pytest.mark.timeout(240)
def test_one_command_shows_who_waits_with_panel_serve_and_that_nobody_does_with_berth(tmp_path: Path) -> None:
    """The app is a folder here; a file is served in the same way."""
    options = ("--factor", "0.04", "--rounds", "2", "--users", "2", "--report", tmp_path)
    folder = tmp_path / "lock"
    folder.mkdir()
    shutil.copy(APPS / "lock.py", folder / "main.py")
    ended = ran("two_users", folder, *options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ratios = {}
    for name in ("panel-serve", "berth-up"):
        summary = json.loads((tmp_path / name / "summary.json").read_text())
        ratios[name] = summary["isolation"]["largest"]
    assert ratios["panel-serve"] > 3
    assert ratios["berth-up"] < 1.5
    assert (tmp_path / "comparison.html").is_file()
    assert (tmp_path / "comparison.md").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_says_what_it_is_for(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "loadtests.md").read_text(encoding="utf-8")


def test_a_scenario_that_does_not_exist_is_answered_with_those_that_do() -> None:
    ended = ran("nothing")
    assert ended.returncode == 2
    assert all(name in ended.stderr for name in NAMES)


def test_scripts_that_cannot_be_served_are_named_before_anything_starts() -> None:
    ended = ran("two_users", "missing.py", "loadtests", "--rounds", "1")
    assert ended.returncode == 2
    assert "missing.py: there is no such file" in ended.stderr
    assert "main.py" in ended.stderr
