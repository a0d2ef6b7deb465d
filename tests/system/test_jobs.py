"""Jobs of real visitors in a real system, and under plain ``panel serve``."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from loadtests.bench.servers import APPS, PanelServe
from tests.support.client import Session
from tests.support.processes import runs
from tests.support.system import System

APP = APPS / "jobs.py"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with System(APP, BERTH_MAX_JOBS=1, BERTH_SEAT_GRACE=0.5) as running:
        yield running


@pytest.fixture
def session(system: System, request: pytest.FixtureRequest) -> Iterator[Session]:
    session = system.browser("alice").open("/jobs")
    yield session
    session.leave()
    system.until(lambda: system.status()["taken"] == 0, 40)


def family(session: Session) -> list[int]:
    """Start a job with children; return the ids of all three processes."""
    session.click("Family")
    session.wait("family ")
    found = re.search(r"family ([\d,]+)\.", session.seen)
    assert found
    pids = [int(pid) for pid in found.group(1).split(",")]
    assert all(psutil.pid_exists(pid) for pid in pids)
    return pids


def living(pids: list[int]) -> list[int]:
    """Return those that still run."""
    return [pid for pid in pids if runs(pid)]


def test_a_job_of_the_script_itself_runs_and_is_shown(session: Session) -> None:
    """With its progress, from 0 to the end, and then its result."""
    session.click("Steps")
    session.wait("step 3 of 20")
    session.wait("result: 20 steps")
    session.click("Many")
    session.wait("value='1.0000'")


def test_a_job_shares_the_replicas_forkserver(system: System, session: Session) -> None:
    """It starts like a berth: with all modules in memory."""
    session.click("Long")
    session.wait("step 2 of 600")
    found = re.search(r"of 600 in (\d+)", session.seen)
    assert found
    job, berth = psutil.Process(int(found.group(1))), psutil.Process(system.berth_of("alice")["pid"])
    assert job.ppid() == berth.ppid()
    assert job.nice() == 19


def test_a_failure_is_on_the_page_in_words(session: Session) -> None:
    """As text, not as HTML; the session lives."""
    session.click("Fail")
    session.wait("ValueError: no column &lt;b&gt;prize&lt;/b&gt;")
    session.click("Steps")
    session.wait("result: 20 steps")


def test_a_second_job_waits_and_says_so(session: Session) -> None:
    """One at once was set; when the first is cancelled the second runs."""
    session.click("Long")
    session.wait("step 1 of 600")
    session.click("Steps")
    session.wait("waiting, 1 in the queue")


def test_cancel_ends_the_job_and_its_children(system: System, session: Session) -> None:
    """Whoever pressed the button can start another one."""
    pids = family(session)
    session.click("Cancel")
    session.wait("no result: It was cancelled.")
    system.until(lambda: not living(pids), 5)
    session.click("Steps")
    session.wait("result: 20 steps")


def test_jobs_end_with_their_session(system: System) -> None:
    """When the page is left."""
    session = system.browser("bob").open("/jobs")
    pids = family(session)
    session.leave()
    system.until(lambda: not living(pids), 5)


def test_jobs_end_with_their_berth(system: System) -> None:
    """Also when that is killed, and those of others go on."""
    other = system.browser("carol").open("/jobs")
    other.click("Long")
    session = system.browser("bob").open("/jobs")
    pids = family(session)
    os.kill(system.berth_of("bob")["pid"], signal.SIGKILL)
    system.until(lambda: not living(pids), 5)
    other.wait("step 30 of 600")
    other.leave()


def test_a_new_forkserver_is_started_when_the_old_one_is_gone(system: System) -> None:
    """Jobs in an older berth start all the same."""
    session = system.browser("dave").open("/jobs")
    forkserver = psutil.Process(system.berth_of("dave")["pid"]).parent()
    assert forkserver
    assert "forkserver" in " ".join(forkserver.cmdline())
    forkserver.kill()
    system.until(lambda: not runs(forkserver.pid))
    session.click("Steps")
    session.wait("result: 20 steps")
    session.leave()


def test_a_visitor_whose_job_runs_is_not_idle() -> None:
    """The warning comes only after the job."""
    with System(APP, BERTH_IDLE_TIMEOUT=2.5, BERTH_IDLE_WARNING=1, BERTH_SEAT_GRACE=0.5) as system:
        session = system.browser("alice").open("/jobs")
        session.click("Long")
        session.wait("step 1 of 600")
        time.sleep(5)
        assert system.status()["taken"] == 1
        assert "idle" not in session.seen
        session.click("Cancel")
        system.until(lambda: system.status()["taken"] == 0, 20)


def test_jobs_end_when_the_whole_system_is_killed() -> None:
    """Nothing is left behind, however deep in a computation it was."""
    with System(APP) as system:
        pids = family(system.browser("alice").open("/jobs"))
        os.kill(system.role("replica").pid, signal.SIGKILL)
        system.until(lambda: not living(pids[:2]), 5)


def test_jobs_run_under_plain_panel_serve() -> None:
    """With a forkserver of their own, and they end with the page."""
    with PanelServe("panel serve", APP) as server:
        session = server.visitor().open("/jobs")
        assert "no berth" in json.dumps(session.models)
        session.click("Steps")
        session.wait("result: 20 steps")
        pids = family(session)
        session.click("Cancel")
        session.wait("no result: It was cancelled.")
        deadline = time.monotonic() + 5
        while living(pids):
            assert time.monotonic() < deadline
            time.sleep(0.05)
