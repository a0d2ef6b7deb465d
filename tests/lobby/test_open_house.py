"""``BERTH_LOGIN=none``: anybody may come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lobby.conftest import KEYS, Browser, RunningLobby, launched
from tests.lobby.supervisor import FakeSupervisor
from tests.lobby.test_waiting import news


@pytest.fixture(scope="module")
def lobby(fake: FakeSupervisor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLobby]:
    """A lobby without logins."""
    folder: Path = tmp_path_factory.mktemp("open")
    with launched(folder, fake, BERTH_LOGIN="none", CREDENTIALS="") as running_lobby:
        yield running_lobby


def test_a_visitor_is_seated_through_the_waiting_page(browser: Browser, fake: FakeSupervisor) -> None:
    """A guest gets cookies, waits on an open page, is called, and has a ticket."""
    answer = browser.page("/app?x=1")
    assert (answer.status, answer.location) == (303, "/berth/waiting?next=/app%3Fx%3D1")
    page = browser.page(answer.location)
    assert page.status == 200
    assert "runs no JavaScript" in page.text
    assert browser.visitor not in fake.taken
    assert news(browser.wait("/app?x=1"), "go") == "/app?x=1"
    answer = browser.page("/berth/seat?next=/app%3Fx%3D1")
    assert (answer.status, answer.location) == (303, "/app?x=1")
    assert KEYS.read_ticket(browser.cookies["berth"]).user == "guest"


def test_a_bot_takes_no_seat(browser: Browser, fake: FakeSupervisor) -> None:
    """However many pages it follows, with and without cookies."""
    before = dict(fake.taken)
    for path in ("/app", "/berth/seat?next=/app", "/berth/waiting", "/login", "/", "/app/autoload.js"):
        for client in (browser, Browser(browser.lobby)):
            assert client.page(path).status in (200, 303)
    assert fake.taken == before


def test_each_browser_is_a_visitor(lobby: RunningLobby) -> None:
    """Guests share a name and nothing else."""
    one, two = Browser(lobby), Browser(lobby)
    one.page("/app")
    two.page("/app")
    assert one.visitor != two.visitor


def test_a_cookie_of_a_user_is_no_guests(browser: Browser) -> None:
    """Who was logged in before the house was opened comes in as a guest."""
    browser.become("ada").page("/app")
    assert KEYS.read_visitor(browser.cookies["visitor"]).user == "guest"


def test_an_index_is_open(launch: Callable[..., RunningLobby], supervise: Callable[..., FakeSupervisor]) -> None:
    """Looking at the list needs no seat, and there is nobody to log out."""
    from tests.lobby.test_pages import TWO

    page = Browser(launch(supervise(apps=TWO), BERTH_LOGIN="none", CREDENTIALS="")).page("/")
    assert page.status == 200
    assert "Log out" not in page.text
