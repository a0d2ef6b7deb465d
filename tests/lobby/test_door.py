"""From the login to the seat."""

from __future__ import annotations

from tests.lobby.conftest import KEYS, Browser
from tests.lobby.supervisor import FakeSupervisor


def test_a_login_leads_straight_to_the_seat(browser: Browser, fake: FakeSupervisor) -> None:
    """The answer to the login form holds the ticket and sends the browser to where it wanted to go."""
    first = browser.page("/app?x=1")
    assert (first.status, first.location) == (303, "/login?next=/app%3Fx%3D1")
    answer = browser.log_in(target="/app?x=1#part")
    assert (answer.status, answer.location) == (303, "/app?x=1#part")
    ticket = KEYS.read_ticket(browser.cookies["berth"])
    assert (ticket.user, ticket.visitor, ticket.port) == ("ada", browser.visitor, 5006)
    assert fake.taken[browser.visitor] == ticket.berth
