"""What open dashboards tell the lobby in the background."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.lobby.conftest import Browser, Launch
from tests.lobby.supervisor import FakeSupervisor


@pytest.fixture
def seated(browser: Browser) -> Browser:
    """A browser with a ticket."""
    browser.become().page("/app")
    return browser


def here(browser: Browser) -> str:
    """Return the origin of the lobby's own pages."""
    return f"http://127.0.0.1:{browser.lobby.port}"


def calls(fake: FakeSupervisor, path: str, browser: Browser) -> list[dict[str, object]]:
    """Return what the supervisor was told of this visitor, soon."""
    time.sleep(0.15)
    return [call for call in fake.called(path) if call["visitor"] == browser.visitor]


@pytest.mark.parametrize("what", ["left", "active"])
def test_a_beacon_reaches_the_supervisor(seated: Browser, fake: FakeSupervisor, what: str) -> None:
    """From a page of this site, told by Origin or by Sec-Fetch-Site."""
    assert seated.post(f"/berth/{what}", {"Origin": here(seated)}, page="p1").status == 204
    assert seated.post(f"/berth/{what}", {"Sec-Fetch-Site": "same-origin"}, page="p1").status == 204
    assert seated.post(f"/berth/{what}", {"Origin": "http://localhost:8080"}, page="p1").status == 204
    told = calls(fake, f"/seats/{what}", seated)
    assert len(told) == 3
    assert what == "active" or told[0]["page"] == "p1"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://evil.org"}, {"Origin": "null"}, {"Origin": ""}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_a_beacon_of_another_site_does_nothing(seated: Browser, fake: FakeSupervisor, headers: dict[str, str]) -> None:
    """Its pages must not end or keep anybody's seat."""
    for what in ("left", "active"):
        assert seated.post(f"/berth/{what}", headers, page="p1").status == 403
        assert calls(fake, f"/seats/{what}", seated) == []


def test_a_beacon_without_a_ticket_is_accepted_and_forgotten(browser: Browser, fake: FakeSupervisor) -> None:
    """There is nobody to tell."""
    assert browser.post("/berth/left", {"Origin": here(browser)}, page="p").status == 204
    browser.become()
    assert browser.post("/berth/left", {"Origin": here(browser)}, page="p").status == 204
    assert calls(fake, "/seats/left", browser) == []


def test_a_beacon_is_answered_at_once(supervise: Callable[..., FakeSupervisor], launch: Launch) -> None:
    """However slow the supervisor is."""
    fake = supervise()
    browser = Browser(launch(fake)).become()
    browser.page("/app")
    fake.delay = 2.0
    began = time.monotonic()
    assert browser.post("/berth/left", {"Origin": here(browser)}, page="p").status == 204
    assert time.monotonic() - began < 0.3


def test_a_page_asks_whether_its_session_lives(seated: Browser, fake: FakeSupervisor) -> None:
    """The supervisor's word is passed on; it is asked with the ticket's berth and the page."""
    assert json.loads(seated.get("/berth/page?page=p1").text) == {"state": "here"}
    fake.page_state = "crashed"
    assert json.loads(seated.get("/berth/page?page=p1").text) == {"state": "crashed"}
    fake.page_state = "here"
    (call, _) = [call for call in fake.called("/seats/page") if call["visitor"] == seated.visitor]
    assert (call["page"], call["berth"]) == ("p1", fake.taken[seated.visitor])


def test_without_a_ticket_the_page_is_gone_and_without_a_supervisor_nobody_knows(
    browser: Browser, launch: Launch
) -> None:
    """``gone`` makes a page begin anew, ``unknown`` makes it ask again."""
    from berth.tickets import Ticket
    from tests.lobby.conftest import KEYS
    from tests.lobby.supervisor import free_port

    assert json.loads(browser.get("/berth/page?page=p1").text) == {"state": "gone"}
    alone = Browser(launch(BERTH_REPLICAS=f"127.0.0.1:{free_port()}")).become()
    alone.cookies["berth"] = KEYS.sign_ticket(Ticket("ada", alone.visitor, "127.0.0.1", 5006, 1))
    assert json.loads(alone.get("/berth/page?page=p1").text) == {"state": "unknown"}
