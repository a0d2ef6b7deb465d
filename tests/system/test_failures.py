"""What dies, and who notices: a real system, real signals."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.support.client import connect
from tests.support.system import PASSWORD, System

LOCK = Path(__file__).parents[2] / "loadtests/apps/lock.py"

DEADLY = """
import os, signal
import panel as pn
pn.extension()
if "die" in pn.state.session_args:
    os.kill(os.getpid(), signal.SIGKILL)
pn.pane.Str("alive").servable()
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    deadly = tmp_path_factory.mktemp("scripts") / "deadly.py"
    deadly.write_text(DEADLY)
    with System(LOCK, deadly, LOCK_APP_SECONDS="0.2,3", BERTH_STUCK_LIMIT=2) as running:
        yield running


def test_a_killed_berth_disturbs_nobody_else(system: System) -> None:
    """The killed berth's visitor is told so, another one's session goes on, and a fresh berth is ready."""
    alice, bob = system.browser("alice"), system.browser("bob")
    hers, his = alice.open("/lock"), bob.open("/lock")
    killed = system.berth_of("alice")
    os.kill(killed["pid"], signal.SIGKILL)
    his.click_and_wait("Quick", "quick task 1")
    system.until(
        lambda: alice.http.get(f"{system.url}/berth/page", params={"page": hers.page}).json()["state"] == "crashed"
    )
    system.until(lambda: system.status()["ready"] >= 1)
    again = alice.open("/lock")
    again.click_and_wait("Quick", "quick task 1")
    assert system.berth_of("alice")["number"] != killed["number"]
    again.leave()
    his.leave()


def test_a_stuck_berth_is_replaced_after_the_limit(system: System) -> None:
    """With BERTH_STUCK_LIMIT a berth that does not react is killed and its visitor gets a new one."""
    browser = system.browser("carol")
    session = browser.open("/lock")
    before = system.berth_of("carol")
    session.click("Heavy")
    system.until(lambda: "stuck for" in system.log())
    system.until(lambda: before["pid"] not in psutil.pids())
    browser.open("/lock").leave()


def test_a_page_that_kills_its_process_takes_one_process_with_it(system: System) -> None:
    """The visitor lands on a page that says so, and asking for that page again kills nothing more."""
    browser = system.browser("dave")
    browser.open("/lock").leave()
    before = {berth["number"] for berth in system.status()["berths"]}
    answer = browser.page("/deadly?die=1")
    assert "/berth/ended?why=crashed" in answer.url
    for _ in range(3):
        assert browser.page("/berth/ended?why=crashed").status_code == 200
    system.until(lambda: system.status()["ready"] >= 1)
    after = {berth["number"] for berth in system.status()["berths"]}
    assert len(before - after) == 1


def test_killing_the_lobby_ends_no_session(system: System) -> None:
    """Sessions go on while the lobby is dead, and it is back by itself."""
    session = system.browser("alice").open("/lock")
    lobby = system.role("lobby")
    lobby.kill()
    session.click_and_wait("Quick", "quick task 1")
    system.until(lambda: requests.get(f"{system.url}/berth/livez", timeout=2).ok)
    assert system.role("lobby").pid != lobby.pid
    session.click_and_wait("Quick", "quick task 2")
    session.leave()


def test_killing_the_router_ends_no_session(system: System) -> None:
    """After its restart the page resumes in the same session, its state kept."""
    browser = system.browser("bob")
    session = browser.open("/lock")
    session.click_and_wait("Quick", "quick task 1")
    system.role("router").kill()
    with pytest.raises(Exception, match=r".+"):
        session.wait("never", 5)

    def resumed() -> bool:
        session.connect()
        return True

    system.until(resumed)
    session.click_and_wait("Quick", "quick task 2")
    session.leave()


def test_a_killed_supervisor_leaves_no_process_and_comes_back(system: System) -> None:
    """Its berths end with it, even one that computes, and a new supervisor gives seats."""
    browser = system.browser("carol")
    session = browser.open("/lock")
    session.click("Heavy")
    supervisor = system.role("replica")
    others = supervisor.children(recursive=True)
    assert any("berth-" in " ".join(process.cmdline()) for process in others)
    supervisor.kill()
    _, alive = psutil.wait_procs(others, timeout=5)
    assert not alive
    system.until(lambda: system.status()["ready"] >= 1, 20)
    again = system.browser("carol").open("/lock")
    again.click_and_wait("Quick", "quick task 1")
    again.leave()


def test_stopping_drains_and_leaves_no_process() -> None:
    """The first SIGTERM waits for the visitor, who can go on working; nothing is left behind afterwards."""
    with System(LOCK, LOCK_APP_SECONDS="0.1,1", BERTH_SEAT_GRACE=0.5) as system:
        session = system.browser("alice").open("/lock")
        everything = list(system.processes())
        system.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        session.click_and_wait("Quick", "quick task 1")
        newcomer = system.browser("bob").page("/lock", allow_redirects=False)
        assert "/berth/waiting" in newcomer.headers["Location"]
        session.leave()
        assert system.process.wait(15) == 0
        _, alive = psutil.wait_procs(everything, timeout=5)
        assert not alive


def test_a_killed_berth_up_leaves_no_process() -> None:
    """SIGKILL to ``berth up`` ends every role and every berth."""
    with System(LOCK) as system:
        everything = list(system.processes())
        system.process.kill()
        _, alive = psutil.wait_procs(everything, timeout=8)
        assert not alive


def test_login_is_needed_after_the_secret_changed(system: System) -> None:
    """Cookies signed with another secret are worth nothing."""
    with System(LOCK, COOKIE_SECRET="f" * 32) as other:
        browser = system.browser("alice")
        browser.url = other.url
        answer = browser.page("/lock", allow_redirects=False)
        assert answer.status_code == 303
        assert "/login" in answer.headers["Location"]
        assert browser.log_in("alice", PASSWORD).status_code == 303


def test_a_websocket_survives_while_the_lobby_is_gone(system: System) -> None:
    """A page may even reconnect without the lobby: the router and the berth need nobody else."""
    browser = system.browser("user3")
    session = browser.open("/lock")
    system.role("lobby").kill()
    session.close()
    connect(browser, session.url, session.token).close()
    system.until(lambda: requests.get(f"{system.url}/berth/livez", timeout=2).ok)
    session.leave()


def test_a_killed_forkserver_ends_no_session(system: System) -> None:
    """Present visitors notice nothing, and fresh berths come from a new one."""
    session = system.browser("user8").open("/lock")
    server = next(p for p in system.role("replica").children() if "forkserver" in " ".join(p.cmdline()))
    server.kill()
    time.sleep(1)
    session.click_and_wait("Quick", "quick task 1")
    system.until(lambda: system.status()["ready"] >= 1, 20)
    other = system.browser("user9").open("/lock")
    other.click_and_wait("Quick", "quick task 1")
    session.click_and_wait("Quick", "quick task 2")
    session.leave()
    other.leave()
