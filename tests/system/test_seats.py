"""Who gets a seat, when, and who loses it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import websocket

from tests.support.client import Browser, Session, connect
from tests.support.system import System

LOCK = Path(__file__).parents[2] / "loadtests/apps/lock.py"

SLOW_PAGE = """
import time
import panel as pn
pn.extension()
time.sleep(float(pn.state.session_args.get("seconds", [b"0"])[0]))
pn.pane.Str("slow").servable()
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    slow = tmp_path_factory.mktemp("scripts") / "slow.py"
    slow.write_text(SLOW_PAGE)
    with System(LOCK, slow, LOCK_APP_SECONDS="0.1,2", BERTH_SEAT_GRACE=1, BERTH_LOST_GRACE=3) as running:
        yield running


def test_tabs_of_a_browser_share_a_seat_and_other_browsers_do_not(system: System) -> None:
    """Two tabs are in one process; the same user in a second browser is in another."""
    browser = system.browser("alice")
    first, second = browser.open("/lock"), browser.open("/lock")
    number = system.berth_of("alice")["number"]
    third = system.browser("alice").open("/lock")
    taken = [berth for berth in system.status()["berths"] if berth["visitors"]]
    assert len(taken) == 2
    assert number in {berth["number"] for berth in taken}
    for session in (first, second, third):
        session.leave()
    system.until(lambda: system.status()["taken"] == 0)


def test_a_left_page_frees_the_seat_after_the_grace_and_not_before(system: System) -> None:
    """The berth's process ends with its visitor, and a fresh one stands ready."""
    session = system.browser("bob").open("/lock")
    number = system.berth_of("bob")["number"]
    session.leave()
    assert system.status()["taken"] == 1
    system.until(lambda: system.status()["taken"] == 0)
    system.until(lambda: number not in {berth["number"] for berth in system.status()["berths"]})


def test_a_reload_keeps_the_seat(system: System) -> None:
    """Left and opened again within the grace: the same process serves the page."""
    browser = system.browser("bob")
    session = browser.open("/lock")
    number = system.berth_of("bob")["number"]
    session.leave()
    again = browser.open("/lock")
    time.sleep(2)
    assert system.berth_of("bob")["number"] == number
    assert [berth["number"] for berth in system.status()["berths"] if berth["visitors"]] == [number]
    again.leave()


def test_a_lost_connection_keeps_the_session_for_its_grace(system: System) -> None:
    """Within BERTH_LOST_GRACE the page resumes with its state; afterwards it is told that it is gone."""
    browser = system.browser("carol")
    session = browser.open("/lock")
    session.click_and_wait("Quick", "quick task 1")
    session.close()
    time.sleep(1.5)
    session.connect()
    session.click_and_wait("Quick", "quick task 2")
    session.close()
    state = {"params": {"page": session.page}}
    system.until(
        lambda: browser.http.get(f"{system.url}/berth/page", **state).json()["state"] not in ("here", "unknown")
    )
    with pytest.raises(websocket.WebSocketException):
        session.connect()


def test_logging_out_frees_the_seat_at_once(system: System) -> None:
    """The process of a visitor who logs out ends, and the cookies are worth nothing."""
    browser = system.browser("dave")
    session = browser.open("/lock")
    pid = system.berth_of("dave")["pid"]
    form = browser.http.get(f"{system.url}/logout")
    token = form.text.split('name="_xsrf" value="')[1].split('"')[0]
    browser.http.post(f"{system.url}/logout", data={"_xsrf": token})
    system.until(lambda: pid not in [berth["pid"] for berth in system.status()["berths"]])
    assert "/login" in browser.page("/lock", allow_redirects=False).headers["Location"]
    session.close()


def test_a_newcomer_is_seated_while_another_page_is_being_made(system: System) -> None:
    """A page that blocks its own berth delays neither login nor seat nor page of the next visitor."""
    busy = system.browser("user4")
    busy.open("/slow").leave()
    blocked = threading.Thread(target=lambda: busy.page("/slow?seconds=4"))
    blocked.start()
    time.sleep(0.5)
    newcomer = system.browser("user5").open("/slow")
    assert blocked.is_alive()
    blocked.join()
    newcomer.leave()


def test_thirty_at_once_for_four_seats_share_none_and_see_no_error() -> None:
    """Four are seated, the rest wait, everybody gets in, and nobody is in a berth with somebody else."""
    settings = {"BERTH_MAX_BERTHS": 4, "BERTH_SPARE": 4, "BERTH_SEAT_GRACE": 1, "LOCK_APP_SECONDS": "0.05,1"}
    with System(LOCK, **settings) as system:
        system.until(lambda: system.status()["ready"] == 4)
        browsers = [system.browser(f"user{number}") for number in range(30)]
        # Who has logged in and does not come keeps the seat for a while.
        system.until(lambda: system.status()["taken"] == 0 and system.status()["ready"] == 4, 40)
        outcomes: list[str] = []
        errors: list[str] = []
        shared: list[int] = []

        def visit(browser: Browser) -> None:
            try:
                outcomes.append(_go_through(browser))
            except Exception as error:
                errors.append(repr(error))

        def watch() -> None:
            while len(outcomes) + len(errors) < len(browsers):
                shared.extend(len(berth["visitors"]) for berth in system.status()["berths"])
                time.sleep(0.05)

        threads = [threading.Thread(target=visit, args=(browser,)) for browser in browsers]
        threads.append(threading.Thread(target=watch))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert errors == []
        assert sorted(outcomes)[:4] == ["at once"] * 4
        assert outcomes.count("waited") == 26
        assert max(shared) == 1


def _go_through(browser: Browser) -> str:
    answer = browser.page("/lock")
    outcome = "at once"
    if "/berth/waiting" in answer.url:
        outcome = "waited"
        browser.wait_for_seat("/lock")
        answer = browser.page("/lock")
    assert answer.status_code == 200
    session = Session(browser, answer)
    session.click_and_wait("Quick", "quick task 1")
    session.leave()
    return outcome


def test_no_ticket_of_another_process_visitor_or_time_opens_a_berth(system: System) -> None:
    """Forged, foreign and outdated tickets, and WebSockets of others, end at the lobby or with 403."""
    alice, bob = system.browser("user6"), system.browser("user7")
    hers, his = alice.open("/lock"), bob.open("/lock")
    stolen = Browser(system.url)
    stolen.http.cookies.update({cookie.name: cookie.value for cookie in bob.http.cookies})
    stolen.http.cookies.set("berth", alice.http.cookies["berth"])
    answer = stolen.page("/lock", allow_redirects=False)
    assert answer.status_code == 303
    assert "/berth/seat" in answer.headers["Location"]
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        connect(stolen, hers.url, hers.token)
    with pytest.raises(websocket.WebSocketBadStatusException, match=r"410|403"):
        connect(bob, his.url, hers.token)
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        connect(alice, hers.url, hers.token, origin="http://evil.example")
    with pytest.raises(websocket.WebSocketBadStatusException, match="410"):
        connect(alice, hers.url, hers.token[:-4] + "AAAA")
    assert alice.page("/lock?bokeh-session-id=mine", allow_redirects=False).status_code == 403
    assert requests.get(f"http://127.0.0.1:{system.operations_port}/seats/reserve", timeout=3).status_code == 405
    unsigned = requests.post(f"http://127.0.0.1:{system.operations_port}/seats/reserve", json={}, timeout=3)
    assert unsigned.status_code == 401
    hers.leave()
    his.leave()


def test_nothing_of_the_operations_port_is_served_by_the_router(system: System) -> None:
    """Its paths lead to the lobby like any other."""
    for path in ("/status", "/metrics", "/readyz", "/seats/reserve", "/cordon"):
        answer = requests.get(f"{system.url}{path}", headers={"Accept": "text/html"}, timeout=5, allow_redirects=False)
        assert answer.status_code in (303, 403, 404), (path, answer.text[:200])
        assert "berths" not in answer.text
