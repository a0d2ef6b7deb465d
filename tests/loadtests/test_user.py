"""A Locust user on real servers and on ones that misbehave: failures are counted, nobody hangs, nothing stays open."""

from __future__ import annotations

import json
import re
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from loadtests.bench.servers import APPS
from tests.loadtests.double import Double
from tests.loadtests.scenario import Scenario
from tests.support.polling import until
from tests.support.system import System

VISITORS = 6
STEP_LIMIT = 1.5
"""Seconds."""

INSPECTED = """
from loadtests.scenarios.neighbours import *
from pathlib import Path
import json, threading, psutil
from locust import events

HERE = Path(__file__).parent

def _look(name):
    me = psutil.Process()
    sockets = [one for one in me.net_connections("tcp") if one.status != "LISTEN"]
    pool = gevent.get_hub().threadpool.size  # looks up hosts' addresses
    tabs = [len(u.visitor.tabs) for u in USERS]
    found = {"sockets": len(sockets), "threads": me.num_threads() - pool, "tabs": tabs}
    (HERE / f"{name}.json").write_text(json.dumps(found))

USERS = []

@events.spawning_complete.add_listener
def _spawned(**_):
    gevent.spawn_later(3, _look, "during")

@events.quit.add_listener
def _quit(**_):
    _look("after")

def _remember(self):
    USERS.append(self)

Quick.on_start = Heavy.on_start = _remember
"""
"""A scenario that writes down what its own process has open while it runs, and just before it ends."""

CASES = {
    "dies": "the server closed the connection|broke off|Connection",
    "hangs": "timed out|Timeout",
    "babbles": "BadStatusLine|Protocol|Invalid",
    "refuses": "status 503: Service is down",
    "stutters": r"no answer in|was not there in|timed out",
    "nonsense": r"frame|JSON|header|message",
    "halves": "the connection broke off",
    "floods": r"a message of \d+ bytes is more than",
    "mute": "did not come in",
    "leaps": "the server closed the connection: 1011 out of memory",
}
"""What a server does, and the words in which it must be counted."""

ALL_CASES = """
from locust import task
import loadtests.user
from loadtests.user import PanelUser

loadtests.user.SLACK = 2.0

class Case(PanelUser):
    abstract = True
    fixed_count = 1
    def __init__(self, environment):
        super().__init__(environment)
        self.page = f"/{{self.persona}}"
    @task
    def visit(self):
        self.newcomer()
        with self.trying():
            self.tab()
            self.leave()

for name in {names}:
    globals()[name.title()] = type(name.title(), (Case,), {{"persona": name}})
"""


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Berth with a seat for everybody."""
    settings: dict[str, Any] = {"BERTH_MAX_BERTHS": 4, "BERTH_SEATS": 2, "BERTH_SPARE": 4, "BERTH_SEAT_GRACE": 0.2}
    with System(APPS / "lock.py", **settings, LOCK_APP_SECONDS="0.3,0.6") as running:
        yield running


@pytest.fixture(scope="module")
def misbehaved(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """One visitor for every kind of server that does not do its part, until all have come twice."""
    folder = tmp_path_factory.mktemp("misbehaved")
    with Double() as double:
        locustfile = folder / "all_cases.py"
        locustfile.write_text(ALL_CASES.format(names=list(CASES)))
        options = ("-u", len(CASES), "-r", len(CASES), "--step-limit", STEP_LIMIT)
        run = Scenario(locustfile, double.url, folder / "run", *options)
        with suppress(AssertionError):
            until(lambda: all(len(run.steps("open", case)) >= 2 for case in CASES), 45)
        run.process.send_signal(signal.SIGTERM)
        return run.failed()


@pytest.mark.parametrize("case", CASES)
def test_whatever_a_server_does_is_a_counted_failure_with_its_reason(misbehaved: Scenario, case: str) -> None:
    failures = [step["error"] for step in misbehaved.failures() if step["persona"] == case and step["step"] != "open"]
    assert failures
    assert [error for error in failures if not re.search(CASES[case], error)] == []


@pytest.mark.parametrize("case", CASES)
def test_a_visitor_comes_again_after_every_failure(misbehaved: Scenario, case: str) -> None:
    assert len(misbehaved.steps("open", case)) >= 2


def test_every_failure_is_in_the_report(misbehaved: Scenario) -> None:
    assert misbehaved.read("summary.json")["errors"]["count"] == len(misbehaved.failures())


@pytest.fixture(scope="module")
def stopped(system: System, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A run with open sessions that was ended by SIGTERM."""
    folder = tmp_path_factory.mktemp("stopped")
    locustfile = folder / "inspected.py"
    locustfile.write_text(INSPECTED)
    options = ("-u", VISITORS, "-r", VISITORS, "--heavy-share", 0.5, "--rest", 0.1)
    run = Scenario(locustfile, system.url, folder / "run", "--page", "/lock", *options)
    until(lambda: (folder / "during.json").exists(), 40)
    run.process.send_signal(signal.SIGTERM)
    run.ended(20)
    return run


def test_a_run_that_is_ended_by_a_signal_says_so_and_has_its_report(stopped: Scenario) -> None:
    assert stopped.code in (0, 3), stopped.log()
    assert stopped.read("run.json")["stopped"] == f"by a signal, with {VISITORS} visitors there"
    assert (stopped.folder / "report.html").stat().st_size > 10_000
    assert [step["error"] for step in stopped.steps("session")] == [""] * VISITORS


def test_a_run_that_is_ended_has_no_connection_left(stopped: Scenario, system: System) -> None:
    during, after = (json.loads((stopped.folder.parent / f"{when}.json").read_text()) for when in ("during", "after"))
    assert sum(during["tabs"]) == VISITORS
    assert during["sockets"] >= VISITORS
    assert after["sockets"] == 0
    assert sum(after["tabs"]) == 0
    until(lambda: system.status()["taken"] == 0, 10)


def test_open_sessions_take_no_threads(stopped: Scenario) -> None:
    during = json.loads((stopped.folder.parent / "during.json").read_text())
    assert during["threads"] <= 2


def test_durations_are_those_that_an_independent_client_measures(system: System, tmp_path: Path) -> None:
    options = ("-u", 1, "-t", "12s", "--heavy-share", 0, "--page", "/lock")
    run = Scenario("neighbours", system.url, tmp_path, *options)
    browser = system.browser("carol")
    session = browser.open("/lock")
    theirs: list[float] = []
    while run.process.poll() is None:
        theirs.append(session.click_and_wait("Quick", f"quick task {len(theirs) + 1} done"))
        time.sleep(0.3)
    session.leave()
    run.succeeded()
    ours = [float(step["seconds"]) for step in run.steps("click Quick")]
    assert len(ours) >= 5
    difference = abs(statistics.median(ours) - statistics.median(theirs))
    assert difference <= max(0.005, 0.05 * statistics.median(theirs)), (sorted(ours), sorted(theirs))


def test_workers_send_what_their_visitors_did_to_the_master(system: System, tmp_path: Path) -> None:
    port = ("--master-port", 5700 + system.port % 300)
    master = Scenario.on(
        system, "soak", tmp_path, "--master", "--expect-workers", 2, "--master-bind-port", port[1],
        "-u", 2, "-r", 2, "-t", "6s", "--stop-timeout", 3,
    )  # fmt: skip
    workers = [Scenario("soak", system.url, tmp_path / "none", "--worker", *port) for _ in range(2)]
    master.succeeded()
    assert [worker.ended() for worker in workers] == [0, 0]
    assert len({step["visitor"] for step in master.steps("open")}) == len(master.steps("open")) >= 4
    assert {line["worker"] for line in master.rows("client")} == {"worker 0", "worker 1"}
    assert len(master.steps("session")) == len(master.steps("open"))
    assert not (tmp_path / "none").exists()
