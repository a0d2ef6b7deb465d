"""Cookies that are signed, and what happens to those that are not ours."""

from __future__ import annotations

import time

import jwt
import pytest
from tornado.web import decode_signed_value

from berth.errors import TicketError
from berth.tickets import Keys, Ticket, Visitor

KEYS = Keys("s" * 32)
OTHER = Keys("t" * 32)
ALICE = Visitor("1", "alice", 12.5)
TICKET = Ticket("alice", "1", "127.0.0.1", 5006, 77)


def cookies(
    keys: Keys = KEYS, visitor: Visitor = ALICE, ticket: Ticket = TICKET, user: str = "alice"
) -> dict[str, str]:
    return {"user": keys.sign_user(user), "visitor": keys.sign_visitor(visitor), "berth": keys.sign_ticket(ticket)}


def test_what_was_signed_is_read_back() -> None:
    """User, visitor and ticket survive the round trip."""
    found = KEYS.who(cookies(), 100)
    assert found == ALICE
    assert KEYS.seat(cookies(), found) == TICKET


def test_panel_reads_the_user_cookie() -> None:
    """``pn.state.user`` decodes it with Tornado and the cookie secret."""
    assert decode_signed_value("s" * 32, "user", KEYS.sign_user("älice")) == "älice".encode()


def test_the_router_can_follow_the_ticket() -> None:
    """It is an HS256 token whose claims are those of the contract."""
    claims = jwt.decode(KEYS.sign_ticket(TICKET), KEYS.derived("ticket"), algorithms=["HS256"])
    assert {"user", "ip", "port", "berth", "exp"} <= set(claims)
    assert (claims["ip"], claims["port"], claims["berth"]) == ("127.0.0.1", 5006, 77)


@pytest.mark.parametrize("name", ["user", "visitor", "berth"])
def test_a_cookie_of_another_secret_is_refused(name: str) -> None:
    """Each of the three is checked."""
    mixed = {**cookies(), name: cookies(OTHER)[name]}
    with pytest.raises(TicketError):
        KEYS.seat(mixed, KEYS.who(mixed, 100))


@pytest.mark.parametrize("name", ["user", "visitor", "berth"])
@pytest.mark.parametrize("value", ["", "x", "a.b.c", "ä", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."])
def test_nonsense_is_refused_with_our_error(name: str, value: str) -> None:
    """No other exception escapes, whatever the cookie holds."""
    mixed = {**cookies(), name: value}
    with pytest.raises(TicketError):
        KEYS.seat(mixed, KEYS.who(mixed, 100))


def test_an_expired_login_and_an_expired_ticket_are_refused() -> None:
    """Both have an end."""
    old = {**cookies(), "berth": KEYS.sign_ticket(TICKET, lifetime=-1)}
    with pytest.raises(TicketError, match="expired"):
        KEYS.seat(old, ALICE)
    with pytest.raises(TicketError, match="expired"):
        KEYS.read_user(cookies()["user"], lifetime=-1)


def test_cookies_of_two_visitors_do_not_mix() -> None:
    """Neither a login with another's browser, nor a seat of another browser of the same user."""
    bob = cookies(visitor=Visitor("2", "bob"), user="bob")
    with pytest.raises(TicketError, match="another"):
        KEYS.who({**bob, "visitor": cookies()["visitor"]}, 100)
    with pytest.raises(TicketError, match="another"):
        KEYS.seat(cookies(), Visitor("3", "alice"))


def test_a_signature_for_one_purpose_is_worth_nothing_for_another() -> None:
    """A visitor's cookie is no ticket, and neither signs a call."""
    with pytest.raises(TicketError):
        KEYS.read_ticket(KEYS.sign_visitor(ALICE))
    with pytest.raises(TicketError):
        KEYS.check_call(KEYS.sign_ticket(TICKET), "/cordon", b"{}")


def test_a_signed_call_holds_for_its_path_and_body_only() -> None:
    """It cannot be replayed on another path or with another body."""
    token = KEYS.sign_call("/cordon", b"{}")
    KEYS.check_call(token, "/cordon", b"{}")
    for path, body in (("/seats/release", b"{}"), ("/cordon", b'{"on": true}')):
        with pytest.raises(TicketError):
            KEYS.check_call(token, path, body)


def test_a_ticket_fits_into_a_request_header() -> None:
    """All three cookies stay far below HAProxy's 16 kB, also for a long name."""
    long = "ü" * 200
    parts = cookies(
        visitor=Visitor("1" * 24, long, time.time()), ticket=Ticket(long, "1" * 24, "::1", 1, 2**53), user=long
    )
    assert sum(len(value) for value in parts.values()) < 8000
