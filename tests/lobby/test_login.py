"""Logging in and out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from berth.tickets import Keys, Visitor
from tests.lobby.conftest import KEYS, SECRET, Browser, Launch, RunningLobby
from tests.lobby.supervisor import FakeSupervisor


def test_a_wrong_password_is_told_on_the_form(browser: Browser, lobby: RunningLobby) -> None:
    """401, the user name kept, no cookie of a login, no password in the log."""
    answer = browser.log_in("ada", "hunter2")
    assert answer.status == 401
    assert "do not go together" in answer.text
    assert 'value="ada"' in answer.text
    assert "hunter2" not in answer.text
    assert set(browser.cookies) == {"berth_xsrf"}
    assert lobby.said("login failed: ada from 127.0.0.1")


def test_an_unknown_name_is_not_logged(browser: Browser, lobby: RunningLobby) -> None:
    """It may be a password typed into the wrong field."""
    assert browser.log_in("hunter3", "x").status == 401
    assert "hunter3" not in lobby.log.read_text()
    browser.log_in()  # forgets the failures of this address


def test_a_password_may_contain_colons_and_spaces_count(browser: Browser) -> None:
    """Nothing is stripped from a password."""
    assert browser.log_in("bob", " pass:word").status == 401
    assert browser.log_in("bob", "pass:word").status == 303


def test_missing_fields_are_asked_for(browser: Browser) -> None:
    """An empty form is no failed attempt."""
    assert browser.log_in("", "").status == 400


def test_a_hundred_wrong_passwords_are_slowed_then_refused(
    supervise: Callable[..., FakeSupervisor], launch: Launch
) -> None:
    """Most are not even looked at, the page says when to try again; others, and she herself, log in meanwhile."""
    lobby = launch(supervise())
    hers = Browser(lobby)
    assert hers.log_in().status == 303
    browser = Browser(lobby)
    token = browser.token()

    def attempt(number: int) -> tuple[int, str | None]:
        attacker = Browser(lobby, dict(browser.cookies))
        form = {"username": "ada", "password": f"p{number}", "_xsrf": token}
        answer = attacker.post("/login", {"X-Forwarded-For": "10.1.1.1"}, **form)
        return answer.status, answer.headers.get("Retry-After")

    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(attempt, range(100)))
    statuses = [status for status, _ in answers]
    assert statuses.count(401) <= 13
    assert statuses.count(429) == 100 - statuses.count(401)
    assert all(int(after or 0) >= 1 for status, after in answers if status == 429)
    assert time.monotonic() - began < 30
    other = Browser(lobby)
    assert other.log_in("bob", "pass:word").status == 303
    del hers.cookies["user"]
    assert hers.log_in().status == 303
    assert Browser(lobby).log_in().status == 429


def test_thirty_logins_from_one_address_at_the_same_time_succeed(
    supervise: Callable[..., FakeSupervisor], launch: Launch
) -> None:
    """A whole office behind one address is no attack."""
    lobby = launch(supervise(seats=40))
    with ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(lambda _: Browser(lobby).log_in().status, range(30)))
    assert statuses == [303] * 30


def test_the_event_loop_runs_while_passwords_are_checked(lobby: RunningLobby) -> None:
    """Hashing happens in threads."""
    with ThreadPoolExecutor(6) as pool:
        logins = [pool.submit(Browser(lobby).log_in) for _ in range(6)]
        slowest = 0.0
        while not all(login.done() for login in logins):
            began = time.perf_counter()
            assert Browser(lobby).get("/berth/livez").text == "ok"
            slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 0.25


@pytest.mark.parametrize("size", [5_000, 10_000_000])
def test_an_endless_user_name_just_fails(browser: Browser, size: int) -> None:
    """The lobby answers, or closes the connection, and lives on."""
    try:
        status = browser.log_in("x" * size, "x").status
    except (ConnectionError, OSError):
        status = 400
    assert status in (400, 401)
    assert browser.get("/berth/livez").status == 200
    browser.log_in()


def test_a_form_without_its_token_is_shown_again(browser: Browser) -> None:
    """403 with a fresh form, whether the token is missing, wrong, or its cookie is."""
    browser.token()
    for form in ({}, {"_xsrf": "2|aaaa|bbbb|123"}, {"_xsrf": "\x00"}):
        answer = browser.post("/login", username="ada", password="secret", **form)
        assert (answer.status, "Please try again" in answer.text) == (403, True)
    stranger = Browser(browser.lobby)
    assert stranger.post("/login", username="ada", password="secret", _xsrf=browser.token()).status == 403


@pytest.mark.parametrize(
    "target",
    [
        "//evil.org",
        "/\\evil.org",
        "https://evil.org",
        "/x\r\nSet-Cookie: a=b",
        "/x\nLocation: //evil.org",
        "javascript:x",
    ],
)
def test_next_leads_nowhere_else(browser: Browser, target: str) -> None:
    """Neither by the form nor by the address, and no header can be smuggled in."""
    answer = browser.post("/login", username="ada", password="secret", next=target, _xsrf=browser.token())
    assert (answer.status, answer.location) == (303, "/")
    assert "a=b" not in str(answer.headers)
    from urllib.parse import quote

    del browser.cookies["berth"]
    answer = browser.page("/berth/seat?next=" + quote(target, safe=""))
    assert (answer.status, answer.location) == (303, "/")


def test_cookies_are_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    """HttpOnly, SameSite=Lax; the ticket lasts as long as the browser is open."""
    cookies = {cookie.partition("=")[0]: cookie for cookie in browser.log_in().headers.get_all("Set-Cookie") or []}
    assert set(cookies) >= {"user", "visitor", "berth"}
    for cookie in cookies.values():
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/;" in cookie
        assert "Secure" not in cookie
    assert "Max-Age=604800" in cookies["user"]
    assert "Max-Age" not in cookies["berth"]


def test_under_https_cookies_are_secure_and_partitioned_for_embedding(
    supervise: Callable[..., FakeSupervisor], launch: Launch
) -> None:
    """Embedding origins need cookies in other sites' pages."""
    fake = supervise()
    secure = Browser(launch(fake, APP_URL="https://dash.example.org"))
    assert "; Secure; SameSite=Lax" in str(secure.page("/login").headers)
    embedded = launch(fake, APP_URL="https://dash.example.org", BERTH_EMBED_ORIGINS="https://intranet.example.org")
    answer = Browser(embedded).page("/login")
    assert "; Secure; SameSite=None; Partitioned" in str(answer.headers["Set-Cookie"])
    assert "frame-ancestors 'self' https://intranet.example.org" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("which", ["user", "visitor"])
def test_forged_expired_and_foreign_cookies_are_no_login(browser: Browser, which: str) -> None:
    """Whoever comes with them logs in first."""
    other = Keys("o" * 40)
    visitor = Visitor.new("ada")
    forged = {"user": other.sign_user("ada"), "visitor": other.sign_visitor(visitor)}
    foreign = {"user": KEYS.sign_user("bob"), "visitor": KEYS.sign_visitor(Visitor.new("bob"))}
    for bad in (forged[which], foreign[which], "", "nonsense", "a" * 3000, "2|1:0|10:1|4:user|4:YWRh|" + "0" * 64):
        browser.become("ada").cookies[which] = bad
        answer = browser.page("/app")
        assert (answer.status, answer.location) == (303, "/login?next=/app")


def test_a_login_runs_out(browser: Browser) -> None:
    """Signed by us and too old is no login; the ticket of another visitor is none either."""
    from tornado.web import create_signed_value

    from berth.tickets import Ticket

    browser.become("ada").cookies["berth"] = KEYS.sign_ticket(Ticket("ada", "somebody", "127.0.0.1", 5006, 1))
    assert browser.page("/app").location == "/app"
    browser.cookies["user"] = create_signed_value(SECRET, "user", "ada", clock=lambda: 1e9).decode()
    assert browser.page("/app").location == "/login?next=/app"


def test_a_user_who_was_removed_is_not_logged_in_any_more(browser: Browser) -> None:
    """A signed cookie of somebody who is not in CREDENTIALS is worth nothing."""
    assert browser.become("mallory").page("/app").location == "/login?next=/app"


def test_logging_in_again_keeps_the_seat(browser: Browser, fake: FakeSupervisor) -> None:
    """A login that ran out changes nothing for the visitor; another user is another visitor."""
    browser.log_in()
    first = browser.visitor
    del browser.cookies["user"]
    assert browser.log_in().location == "/app"
    assert browser.visitor == first
    del browser.cookies["user"]
    browser.log_in("bob", "pass:word")
    assert browser.visitor != first


def test_logging_out_needs_a_post_with_the_token_and_frees_the_seat(browser: Browser, fake: FakeSupervisor) -> None:
    """A link or a picture on another site logs nobody out."""
    browser.log_in()
    visitor = browser.visitor
    assert "Log out" in browser.page("/logout").text
    assert browser.post("/logout").status == 403
    assert visitor in fake.taken
    token = browser.page("/logout").text.partition('name="_xsrf" value="')[2].partition('"')[0]
    answer = browser.post("/logout", _xsrf=token)
    assert (answer.status, answer.location) == (303, "/berth/ended?why=logout")
    assert not {"user", "visitor", "berth"} & set(browser.cookies)
    for _ in range(100):
        if visitor not in fake.taken:
            break
        time.sleep(0.02)
    assert visitor not in fake.taken
    assert fake.called("/seats/release")[-1]["reason"] == "logout"


def test_errors_are_pages_for_people_and_json_for_programs(browser: Browser) -> None:
    """With the status, without details."""
    page = browser.page("/berth/nothing")
    assert page.status == 404
    assert "Nothing is here" in page.text
    data = browser.get("/berth/nothing")
    assert (data.status, json.loads(data.text)) == (404, {"error": "Not Found"})
    assert browser.ask("DELETE", "/login", None, {}).status in (403, 405)
    assert "Server" not in page.headers
