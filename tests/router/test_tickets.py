"""Which way a request goes: by its ticket and by its path."""

from __future__ import annotations

import jwt
import pytest

from berth.tickets import Keys
from tests.router.conftest import KEYS, Make, Router, ticket_to
from tests.router.servers import Backend


def test_a_valid_ticket_leads_to_the_berth(router: Router) -> None:
    assert router.who("/explorer", router.ticket) == "berth"


def test_no_ticket_leads_to_the_lobby(router: Router) -> None:
    assert router.who("/explorer") == "lobby"


def test_an_expired_ticket_leads_to_the_lobby(router: Router) -> None:
    assert router.who("/explorer", ticket_to(router.berth.port, lifetime=-2)) == "lobby"


def test_a_ticket_of_another_secret_leads_to_the_lobby(router: Router) -> None:
    assert router.who("/explorer", ticket_to(router.berth.port, keys=Keys("t" * 40))) == "lobby"


def test_a_changed_ticket_leads_to_the_lobby(router: Router) -> None:
    head, payload, signature = router.ticket.split(".")
    other = ticket_to(1).split(".")[1]
    assert router.who("/explorer", f"{head}.{other}.{signature}") == "lobby"
    assert router.who("/explorer", f"{head}.{payload}.") == "lobby"


def test_an_unsigned_ticket_leads_to_the_lobby(router: Router) -> None:
    claims = jwt.decode(router.ticket, options={"verify_signature": False})
    assert router.who("/explorer", jwt.encode(claims, None, "none")) == "lobby"


def test_another_signature_of_ours_is_no_ticket(router: Router) -> None:
    claims = jwt.decode(router.ticket, options={"verify_signature": False})
    assert router.who("/explorer", jwt.encode(claims, KEYS.derived("visitor"), "HS256")) == "lobby"


def test_a_ticket_without_an_expiry_leads_to_the_lobby(router: Router) -> None:
    claims = jwt.decode(router.ticket, options={"verify_signature": False})
    del claims["exp"]
    assert router.who("/explorer", jwt.encode(claims, KEYS.derived("ticket"), "HS256")) == "lobby"


@pytest.mark.parametrize("nonsense", ["x", "..", "a.b.c", "%00", "e30.e30.e30", "x" * 4000])
def test_nonsense_leads_to_the_lobby(router: Router, nonsense: str) -> None:
    assert router.who("/explorer", nonsense) == "lobby"


def test_a_berth_may_have_an_ipv6_address(router: Router) -> None:
    berth = Backend("six", "::1")
    router.get("/explorer", ticket_to(berth.port, "::1"))
    assert [asked.target for asked in berth.asked] == ["/explorer"]
    berth.stop()


@pytest.mark.parametrize(
    "target",
    [
        "/login",
        "/login?next=/explorer",
        "/logout",
        "/berth",
        "/berth/",
        "/berth/waiting?seat=1",
        "/favicon.ico",
        "/static/js/bokeh.min.js?v=1",
        "/static/js/bokeh.min.js?seat=0",
    ],
)
def test_the_lobbys_paths_lead_to_the_lobby_in_spite_of_a_ticket(router: Router, target: str) -> None:
    assert router.who(target, router.ticket) == "lobby"


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/explorer/ws",
        "/static/x.js?v=1&seat=1",
        "/static/x.js?seat=1",
        "/berths",
        "/loginx",
        "/metrics",
        "/a/login",
    ],
)
def test_everything_else_leads_to_the_berth(router: Router, target: str) -> None:
    assert router.who(target, router.ticket) == "berth"


def test_the_berths_static_files_need_a_ticket(router: Router) -> None:
    assert router.who("/static/x.js?seat=1") == "lobby"


@pytest.mark.parametrize(
    ("target", "who"),
    [
        ("/dash/login", "lobby"),
        ("/dash/berth/waiting", "lobby"),
        ("/dash/static/x.js", "lobby"),
        ("/dash/static/x.js?seat=1", "berth"),
        ("/dash/explorer", "berth"),
        ("/login", "berth"),
        ("/favicon.ico", "lobby"),
    ],
)
def test_the_lobbys_paths_lie_under_the_prefix(make: Make, target: str, who: str) -> None:
    router = make(APP_URL="http://example.org/dash")
    assert router.who(target, router.ticket) == who


@pytest.mark.parametrize(
    "target",
    [
        "//static/x.js",
        "//example.org/explorer",
        "/static/../explorer",
        "/static/%2e%2e/explorer",
        "/static/.%2E/explorer",
        "/static/..%2fexplorer",
        "/static/..%5c..%5cx",
        "/..",
        "/./explorer",
    ],
)
def test_paths_that_no_browser_asks_for_are_refused(router: Router, target: str) -> None:
    assert router.who(target, router.ticket) == "nobody"
    assert router.get(target).status == 400


@pytest.mark.parametrize(
    "target", ["/%6cogin", "/LOGIN", "/%62erth/seat", "/berth%2fseat", "/berth;x", "/explorer/...", "/a..b"]
)
def test_a_disguised_path_of_the_lobby_reaches_the_own_berth_at_most(router: Router, target: str) -> None:
    assert router.who(target, router.ticket) == "berth"


def test_two_tickets_in_one_cookie_are_one_ticket(router: Router) -> None:
    forged = ticket_to(1, keys=Keys("t" * 40))
    both = f"{forged}; berth={router.ticket}"
    assert router.who("/explorer", both) == "berth"
    assert router.who("/explorer", f"{router.ticket}; berth={forged}") == "lobby"


def test_a_login_is_the_lobbys_whoever_holds_a_ticket(router: Router) -> None:
    """Also its steps below ``/login``; a dashboard's name may begin so."""
    for path in ("/login", "/login/oauth?next=/x", "/login?state=a&code=b"):
        assert router.who(path, router.ticket) == "lobby", path
    assert router.who("/logins", router.ticket) == "berth"
    assert router.who("/?state=a&code=b", router.ticket) == "berth"


def test_a_providers_answer_is_the_lobbys_wherever_it_is_registered(make: Make) -> None:
    """Panel's default is the root; what a dashboard gets in its address stays the dashboard's."""
    oauth = {"BERTH_LOGIN": "oauth", "APP_URL": "https://h.example/dash"}
    router = make(**oauth, PANEL_OAUTH_REDIRECT_URI="https://h.example/dash")
    for path in ("/dash/?state=a&code=b", "/dash?code=b&state=a", "/dash?error=x&state=a"):
        assert router.who(path, router.ticket) == "lobby", path
    for path in ("/dash/", "/dash/?state=a", "/dash/?code=b", "/dash/app?state=a&code=b"):
        assert router.who(path, router.ticket) == "berth", path
