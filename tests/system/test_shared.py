"""Berths with several seats, and systems without spares or without log-in."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
import websocket

from berth.tickets import Keys
from tests.support.client import Browser
from tests.support.system import SECRET, System

MARKS = """
import panel as pn
pn.extension()
marks = pn.state.cache.setdefault("marks", [])
out = pn.pane.Str("marks " + " ".join(marks))
def mark(event):
    marks.append(pn.state.user)
    out.object = "marks " + " ".join(marks)
def gone(context):
    print("session of", context.request.cookies.get("user", "nobody")[-4:], "destroyed")
pn.state.on_session_destroyed(gone)
pn.Column(pn.widgets.Button(name="Mark", on_click=mark), out).servable()
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "marks.py"
    path.write_text(MARKS)
    return path


def test_two_seats_a_berth_share_a_process_until_it_is_empty(script: Path) -> None:
    """One leaves, the other goes on; when both have left, the next visitor finds a fresh process."""
    with System(script, BERTH_SEATS=2, BERTH_SPARE=0, BERTH_MAX_BERTHS=1, BERTH_SEAT_GRACE=0.3) as system:
        alice, bob = system.browser("alice"), system.browser("bob")
        hers, his = alice.open("/marks"), bob.open("/marks")
        number = system.berth_of("alice")["number"]
        assert system.berth_of("bob")["number"] == number
        hers.click_and_wait("Mark", "marks alice")
        his.click_and_wait("Mark", "marks alice bob")
        hers.leave()
        system.until(lambda: system.status()["taken"] == 1)
        system.until(lambda: "destroyed" in system.log())
        his.click_and_wait("Mark", "marks alice bob bob")
        with pytest.raises(websocket.WebSocketException):
            hers.connect()
        assert "/berth/seat" in alice.page("/marks", allow_redirects=False).headers["Location"]
        carol = system.browser("carol").open("/marks")
        assert system.status()["taken"] == 2
        carol.leave()
        his.leave()
        system.until(lambda: system.status()["taken"] == 0)
        session = system.browser("dave").open("/marks")
        assert system.berth_of("dave")["number"] != number
        session.click_and_wait("Mark", "marks dave")
        session.leave()


def test_nobody_is_put_beside_a_neighbour_who_blocks() -> None:
    """A berth that does not react offers no seat, even if it has one."""
    lock = Path(__file__).parents[2] / "loadtests/apps/lock.py"
    with System(lock, BERTH_SEATS=2, BERTH_MAX_BERTHS=2, LOCK_APP_SECONDS="0.1,6", BERTH_BLOCKED_AFTER=0.5) as system:
        session = system.browser("alice").open("/lock")
        session.click("Heavy")
        system.until(lambda: "alice blocked" in system.log())
        other = system.browser("bob").open("/lock")
        other.click_and_wait("Quick", "quick task 1")
        assert system.berth_of("bob")["number"] != system.berth_of("alice")["number"]
        other.leave()


def test_without_spares_a_berth_is_started_for_whoever_comes(script: Path) -> None:
    """BERTH_SPARE=0: the visitor waits for the start of a berth and gets in by the waiting room."""
    with System(script, BERTH_SPARE=0, wait=False, BERTH_SEAT_GRACE=0.3) as system:
        system.until(lambda: requests.get(f"{system.url}/berth/livez", timeout=2).ok)
        for user in ("alice", "bob"):
            browser = system.browser(user)
            session = browser.open("/marks")
            session.click_and_wait("Mark", f"marks {user}")
            session.leave()
            system.until(lambda: system.status()["taken"] == 0)


def test_without_login_anybody_gets_a_seat_and_bots_take_none(script: Path) -> None:
    """A hundred requests hold no seat; one that opens the waiting room's WebSocket gets in."""
    with System(script, BERTH_LOGIN="none", CREDENTIALS="") as system:
        for _ in range(100):
            assert requests.get(f"{system.url}/marks", headers={"Accept": "text/html"}, timeout=5).status_code == 200
        assert system.status()["taken"] == 0
        session = Browser(system.url).open("/marks")
        session.click_and_wait("Mark", "marks guest")
        assert system.status()["taken"] == 1
        session.leave()


def test_everything_works_under_a_path_prefix(script: Path) -> None:
    """APP_URL with a path: log-in, page, WebSocket, beacon and static files lie under it."""
    with System(script, prefix="/dash", BERTH_SEAT_GRACE=0.3) as system:
        session = system.browser("alice").open("/marks")
        session.click_and_wait("Mark", "marks alice")
        for source in session.html.split('src="')[1:]:
            address = urljoin(session.url, source.split('"')[0])
            assert address.startswith(f"{system.url}/"), address
            assert requests.get(address, timeout=10).status_code == 200
        session.leave()
        system.until(lambda: system.status()["taken"] == 0)


def test_a_rush_leaves_no_more_berths_than_the_spares(script: Path) -> None:
    """Berths that were started for many who came at once end again when nobody needs them."""
    with System(script, BERTH_SPARE=1, BERTH_SEAT_GRACE=0.3) as system:
        supervisor = f"http://127.0.0.1:{system.operations_port}/seats/want"
        body = json.dumps({"visitors": ["a", "b", "c"]}).encode()
        token = Keys(SECRET).sign_call("/seats/want", body)
        requests.post(supervisor, data=body, headers={"Authorization": f"Bearer {token}"}, timeout=5).raise_for_status()
        system.until(lambda: system.status()["ready"] == 4)
        system.until(lambda: system.status()["ready"] == 1, 60, 0.5)
