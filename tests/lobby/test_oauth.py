"""Login by a provider: a real OpenID server, a real ``berth up``, and those who attack between them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from bokeh.util.token import get_token_payload
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from berth.lobby.handlers.oauth import LARGEST_COOKIE
from berth.lobby.oauth.directory import Directory
from berth.lobby.oauth.people import MOST_CLAIMS
from berth.lobby.oauth.providers import Provider
from berth.lobby.oauth.web import Unanswered, Web
from berth.tickets import Keys, Visitor
from berth.tokens import Token, seal
from tests.support.chromium import running
from tests.support.client import Browser
from tests.support.openid import MEMBERS, Claims, OpenID, arrive, begin
from tests.support.system import PASSWORD, SECRET, System

KNOWN = """
import panel as pn
pn.widgets.Button(name=f"user: {pn.state.user}").servable()
pn.widgets.Button(name=f"info: {sorted((pn.state.user_info or {}).items())}").servable()
pn.widgets.Button(name=f"token: {pn.state.access_token}").servable()
pn.widgets.Button(name=f"cookies: {sorted(pn.state.cookies)}").servable()
"""

DISCOVERY = "/.well-known/openid-configuration"

SHARED = {"BERTH_OAUTH_TOKENS": "access", "BERTH_SEATS": 20, "BERTH_MAX_BERTHS": 4}
"""Visitors share berths, where what belongs to one could show up with another."""


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenID]:
    with OpenID() as server:
        yield server


@pytest.fixture(autouse=True)
def honest(provider: OpenID) -> None:
    provider.forget()


def configured(provider: OpenID, *scripts: Path, back: str = "/login", prefix: str = "", **settings: object) -> System:
    """A system, not started, that is registered at the provider."""
    system = System(*scripts, prefix=prefix, BERTH_LOGIN="oauth", PANEL_OAUTH_PROVIDER="generic", **settings)
    key, secret = provider.register(f"{system.url}{back}")
    system.environment |= {
        "APP_URL": system.url,
        "BERTH_OAUTH_ISSUER": provider.url,
        "PANEL_OAUTH_KEY": key,
        "PANEL_OAUTH_SECRET": secret,
        "BERTH_OAUTH_NAME": "Example",
    }
    return system


def scripts(folder: Path) -> tuple[Path, Path]:
    known, members = folder / "known.py", folder / "members.py"
    known.write_text(KNOWN)
    members.write_text(MEMBERS)
    return known, members


@pytest.fixture(scope="module")
def system(provider: OpenID, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    made = configured(provider, *scripts(tmp_path_factory.mktemp("oauth")), **SHARED)
    with made:
        yield made


def log_in(system: System, provider: OpenID, sub: str = "ada", target: str = "/known") -> tuple[Browser, Any]:
    browser = Browser(system.url)
    return browser, arrive(browser, provider.approve(begin(browser, target), sub))


def problem(answer: requests.Response) -> str:
    """What the login page says went wrong; there must be a way to try again."""
    assert 'id="provider"' in answer.text
    found = re.search(r'class="problem"[^>]*>([^<]+)<', answer.text)
    assert found, answer.text[:2000]
    return found[1].replace("&#39;", "'")


def said(system: System, text: str) -> None:
    """The log says so, at once or soon: it comes through a pipe."""
    system.until(lambda: text in system.log())


def logged_in(browser: Browser) -> bool:
    return "berth" in browser.http.cookies or "user" in browser.http.cookies


def labels(browser: Browser, path: str) -> list[str]:
    session = browser.open(path)
    found = [str(model.get("attributes", {}).get("label", "")) for model in session.models.values()]
    session.leave()
    return found


def test_a_dashboard_knows_who_the_provider_says_it_is(system: System, provider: OpenID) -> None:
    """``user``, all claims in ``user_info``, and the access token; none of Berth's cookies."""
    browser, answer = log_in(system, provider)
    assert answer.headers["Location"] == "/known"
    shown = "\n".join(labels(browser, "/known"))
    assert "user: ada@example.org" in shown
    assert "('name', 'Ada Lovelace')" in shown
    assert "('sub', 'ada')" in shown
    assert re.search(r"token: \w{20,}", shown)
    (names,) = re.findall(r"cookies: (.*)", shown)
    assert "berth" not in names


def test_the_page_holds_no_access_token(system: System, provider: OpenID) -> None:
    """It stays in the process and in a cookie that is encrypted."""
    browser, _ = log_in(system, provider)
    session = browser.open("/known")
    token = next(
        label.split(": ")[1]
        for model in session.models.values()
        if (label := str(model.get("attributes", {}).get("label", ""))).startswith("token: ")
    )
    assert len(token) > 20
    session.leave()
    assert token not in session.html
    assert token not in str(get_token_payload(session.token))
    for cookie in browser.http.cookies:
        decoded = base64.urlsafe_b64decode(re.sub(r"[^\w-]", "", cookie.value or "") + "===")
        assert token.encode() not in decoded
    assert token not in system.log()


def test_the_redeeming_proves_that_it_is_the_same_client(system: System, provider: OpenID) -> None:
    """PKCE: the verifier that is sent at the end fits the challenge of the beginning."""
    browser = Browser(system.url)
    address = begin(browser, "/known")
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["nonce"][0]) >= 32
    arrive(browser, provider.approve(address, "ada"))
    digest = hashlib.sha256(provider.kept[-1]["code_verifier"][0].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"][0]


def test_users_with_a_password_come_in_beside_those_of_the_provider(system: System) -> None:
    """The page shows the button and the form."""
    browser = Browser(system.url)
    page = browser.page("/login")
    assert "Log in with Example" in page.text
    assert browser.log_in("bob", PASSWORD, "/known").status_code == 303
    assert {"user: bob", "info: [('user', 'bob')]", "token: None"} <= set(labels(browser, "/known"))


def test_a_provider_cannot_name_somebody_who_has_a_password(system: System, provider: OpenID) -> None:
    """Else whoever may choose a name there could be anybody here."""
    browser, answer = log_in(system, provider, "alice")
    assert answer.status_code == 403
    assert problem(answer) == "alice has a password on this site. Please use that."
    assert not logged_in(browser)


def test_an_address_that_nobody_has_verified_is_no_name(system: System, provider: OpenID) -> None:
    browser, answer = log_in(system, provider, "mallory")
    assert answer.status_code == 403
    assert "not verified your e-mail address" in problem(answer)
    assert not logged_in(browser)


def test_claims_that_no_cookie_can_carry_are_left_out(system: System, provider: OpenID) -> None:
    """The visitor comes in all the same, and the log says what is missing."""
    browser, _ = log_in(system, provider, "tom")
    shown = "\n".join(labels(browser, "/known"))
    assert "user: tom@example.org" in shown
    assert "groups" not in shown
    said(system, "too long for a cookie, left out: ['groups']")


def test_the_longest_name_claims_and_token_pass_through_all_layers(system: System) -> None:
    """Together they fit into HAProxy's buffer, also at the WebSocket, where the claims come twice."""
    keys, user = Keys(SECRET), f"{secrets.token_hex(115)}@example.org"
    claims = {"email": user, "noise": secrets.token_hex((MOST_CLAIMS - 280) // 2)}
    token = secrets.token_urlsafe(2000)[:2450]
    sealed = seal(keys, visitor := Visitor.new(user), Token(token, time.time() + 60))
    assert LARGEST_COOKIE - 200 < len(sealed) < LARGEST_COOKIE
    assert MOST_CLAIMS - 50 < len(json.dumps(claims)) <= MOST_CLAIMS
    browser = Browser(system.url)
    for name, value in {
        "user": keys.sign_user(user),
        "visitor": keys.sign_visitor(visitor),
        "berth_profile": keys.sign_profile(visitor, claims),
        "berth_token": sealed,
    }.items():
        browser.http.cookies.set(name, value, domain="127.0.0.1", path="/")
    browser.http.cookies.set("foreign", "x" * 500, domain="127.0.0.1", path="/")
    shown = labels(browser, "/known")
    assert f"token: {token}" in shown
    assert f"user: {user}" in shown
    assert sum(len(f"{cookie.name}={cookie.value}; ") for cookie in browser.http.cookies) < 8000


def test_authorize_callback_decides_by_the_claims(system: System, provider: OpenID) -> None:
    """Who may not see a dashboard gets a page with words."""
    ada, _ = log_in(system, provider, "ada")
    assert "for members" in labels(ada, "/members")
    eve, _ = log_in(system, provider, "eve")
    assert "for members" not in eve.page("/members").text
    assert "/berth/" not in eve.page("/members").url
    refused = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", eve.page("/members").text)
    assert "not authorized" in refused.lower(), refused[:1000]


def test_a_forged_state_logs_nobody_in(system: System, provider: OpenID) -> None:
    browser = Browser(system.url)
    callback = provider.approve(begin(browser, "/known"), "eve")
    forged = re.sub(r"state=[^&]+", "state=forged", callback)
    answer = arrive(browser, forged)
    assert answer.status_code == 400
    assert "begun in another browser" in problem(answer)
    assert not logged_in(browser)


def test_an_answer_counts_in_no_other_browser(system: System, provider: OpenID) -> None:
    """Nobody can be lured into the account of an attacker, and a stolen address is worth nothing."""
    callback = provider.approve(begin(Browser(system.url), "/known"), "eve")
    victim = Browser(system.url)
    answer = arrive(victim, callback)
    assert answer.status_code == 400
    assert not logged_in(victim)
    assert not provider.kept


def test_an_answer_counts_once(system: System, provider: OpenID) -> None:
    """A second time in the same browser leads to the start, and logs nobody in after a log-out."""
    browser = Browser(system.url)
    callback = provider.approve(begin(browser, "/known"), "ada")
    assert arrive(browser, callback).headers["Location"] == "/known"
    redeemed = len(provider.kept)
    assert arrive(browser, callback).headers["Location"] == "/"
    assert len(provider.kept) == redeemed
    browser.http.cookies.clear()
    assert arrive(browser, callback).status_code == 400
    assert not logged_in(browser)


def test_a_code_that_was_redeemed_already_is_refused(system: System, provider: OpenID) -> None:
    """Also with an attempt of the attacker's own."""
    browser = Browser(system.url)
    callback = provider.approve(begin(browser, "/known"), "ada")
    arrive(browser, callback)
    other = Browser(system.url)
    state = parse_qs(urlsplit(begin(other, "/known")).query)["state"][0]
    code = parse_qs(urlsplit(callback).query)["code"][0]
    answer = arrive(other, f"{system.url}/login?{urlencode({'state': state, 'code': code})}")
    assert answer.status_code == 502
    assert "did not answer as it should" in problem(answer)
    said(system, "answered 400 'invalid_grant'")
    assert code not in system.log()
    assert not logged_in(other)


def wrong(**changes: object) -> Callable[[Claims], Claims]:
    return lambda claims: {**claims, **changes}


@pytest.mark.parametrize(
    ("mend", "logged"),
    [
        (wrong(aud="somebody-else"), "Audience doesn't match"),
        (wrong(iss="https://evil.example"), "Invalid issuer"),
        (wrong(nonce="of another attempt"), "the nonce is of another attempt"),
        (wrong(nonce=None), "the nonce is of another attempt"),
        (lambda claims: {**claims, "aud": [*claims["aud"], "other"], "azp": "other"}, "another client (azp)"),
        (lambda claims: {name: value for name, value in claims.items() if name != "exp"}, '"exp"'),
    ],
    ids=["audience", "issuer", "nonce", "no-nonce", "azp", "no-expiry"],
)
def test_an_id_token_that_is_not_for_us_is_refused(
    system: System, provider: OpenID, mend: Callable[[Claims], Claims], logged: str
) -> None:
    """However well it is signed."""
    provider.mend = mend
    browser, answer = log_in(system, provider)
    assert answer.status_code == 502
    assert "could not be trusted" in problem(answer)
    said(system, logged)
    assert not logged_in(browser)


@pytest.mark.parametrize("how", ["stolen", "hs256", "none"])
def test_an_id_token_that_the_provider_did_not_sign_is_refused(system: System, provider: OpenID, how: str) -> None:
    """Another key under the same name, the public key as a password, no signature at all."""
    unsigned: Callable[[Claims], str] = lambda claims: jwt.encode(claims, None, "none", headers={"kid": "published"})  # noqa: E731
    provider.sign = {"stolen": provider.stolen, "hs256": provider.hs256, "none": unsigned}[how]
    browser, answer = log_in(system, provider)
    assert answer.status_code == 502
    assert "could not be trusted" in problem(answer)
    assert not logged_in(browser)


@pytest.mark.parametrize("change", [{"exp": 1}, {"iat": 9_999_999_999}], ids=["late", "early"])
def test_clocks_that_differ_are_called_so(system: System, provider: OpenID, change: Claims) -> None:
    provider.mend = wrong(**change)
    browser, answer = log_in(system, provider)
    assert "The clocks of this site and of Example differ" in problem(answer)
    assert not logged_in(browser)


def test_a_minute_between_the_clocks_does_no_harm(system: System, provider: OpenID) -> None:
    provider.mend = lambda claims: {**claims, "iat": int(time.time()) + 40, "exp": int(time.time()) - 40}
    browser, _ = log_in(system, provider)
    assert logged_in(browser)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/login/oauth?next=/x", "javascript:alert(1)"],
)
def test_next_leads_to_no_other_site(system: System, provider: OpenID, target: str) -> None:
    """Nor in a circle: the site's home instead."""
    _, answer = log_in(system, provider, target=target)
    assert answer.headers["Location"] == "/"


def test_whoever_is_refused_or_cancels_is_told(system: System, provider: OpenID) -> None:
    browser = Browser(system.url)
    state = parse_qs(urlsplit(begin(browser, "/members")).query)["state"][0]
    answer = arrive(browser, f"{system.url}/login?{urlencode({'state': state, 'error': 'access_denied'})}")
    assert answer.status_code == 403
    assert problem(answer) == "Example did not let you in, or you cancelled there."
    assert "/login/oauth?next=/members" in answer.text


def test_what_a_provider_says_is_shown_to_nobody_and_breaks_no_line_of_the_log(system: System) -> None:
    browser = Browser(system.url)
    state = parse_qs(urlsplit(begin(browser, "/known")).query)["state"][0]
    error = "<script>\nERROR berth.lobby forged line"
    answer = arrive(browser, f"{system.url}/login?{urlencode({'state': state, 'error': error})}")
    assert "<script>\n" not in answer.text
    assert not any(line.startswith("ERROR berth.lobby forged") for line in system.lines)


def test_a_provider_that_fails_is_named_and_can_be_tried_again(system: System, provider: OpenID) -> None:
    provider.status = 500
    browser, answer = log_in(system, provider)
    assert answer.status_code == 502
    assert problem(answer) == "Example did not answer as it should. Please try again in a moment."
    provider.status = 0
    assert arrive(browser, provider.approve(begin(browser, "/known"), "ada")).headers["Location"] == "/known"


def test_a_slow_provider_holds_up_nobody_else(system: System, provider: OpenID) -> None:
    """While a login waits for its answer, the lobby answers others."""
    browser = Browser(system.url)
    callback = provider.approve(begin(browser, "/known"), "ada")
    provider.slow = 3
    waiting = threading.Thread(target=lambda: arrive(browser, callback))
    waiting.start()
    time.sleep(0.3)
    began = time.monotonic()
    assert requests.get(f"{system.url}/login", timeout=10).ok
    assert time.monotonic() - began < 2
    assert waiting.is_alive()
    waiting.join()
    assert logged_in(browser)


def test_two_tabs_may_log_in_at_once(system: System, provider: OpenID) -> None:
    """The second attempt does not spoil the first; many unfinished ones do not pile up."""
    browser = Browser(system.url)
    first = provider.approve(begin(browser, "/known"), "ada")
    provider.approve(begin(browser, "/members"), "ada")
    assert arrive(browser, first).headers["Location"] == "/known"
    other = Browser(system.url)
    for _ in range(9):
        begin(other, "/known")
    assert sum(name.startswith("berth_oauth_") for name in dict(other.http.cookies)) <= 5


def test_a_visitor_who_logs_in_again_keeps_the_seat(system: System, provider: OpenID) -> None:
    browser, _ = log_in(system, provider)
    labels(browser, "/known")
    before = browser.http.cookies["berth"]
    del browser.http.cookies["user"]
    arrive(browser, provider.approve(begin(browser, "/known"), "ada"))
    first, second = (parse_ticket(ticket) for ticket in (before, browser.http.cookies["berth"]))
    assert first == second


def parse_ticket(ticket: str) -> tuple[object, ...]:
    claims = jwt.decode(ticket, options={"verify_signature": False})
    return claims["visitor"], claims["port"], claims["berth"]


def test_logging_out_leaves_nothing_behind(system: System, provider: OpenID) -> None:
    browser, _ = log_in(system, provider)
    page = browser.page("/logout")
    token = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert token
    browser.http.post(f"{system.url}/logout", data={"_xsrf": token[1]}, allow_redirects=False, timeout=10)
    assert not {"user", "visitor", "berth", "berth_profile", "berth_token"} & set(dict(browser.http.cookies))


def test_a_login_without_its_profile_is_none(system: System, provider: OpenID) -> None:
    """The profile says that the provider named this visitor: another's does not fit."""
    ada, _ = log_in(system, provider, "ada")
    eve, _ = log_in(system, provider, "eve")
    ada.http.cookies.set("berth_profile", eve.http.cookies["berth_profile"], domain="127.0.0.1", path="/")
    for cookie in list(ada.http.cookies):
        if cookie.name == "berth_profile" and cookie.value != eve.http.cookies["berth_profile"]:
            ada.http.cookies.clear(cookie.domain, cookie.path, cookie.name)
    assert "/login" in ada.page("/berth/seat?next=/known", allow_redirects=False).headers["Location"]


def test_only_those_who_are_allowed_come_in_below_a_path_and_with_a_secret_in_a_file(
    provider: OpenID, tmp_path: Path
) -> None:
    """All that a cluster sets: APP_URL with a path, no passwords, a mounted secret; and an answer to the root."""
    secret = tmp_path / "client-secret"
    system = configured(
        provider, *scripts(tmp_path), back="", prefix="/dash", CREDENTIALS="", BERTH_OAUTH_ALLOWED="@example.org"
    )
    secret.write_text(system.environment.pop("PANEL_OAUTH_SECRET") + "\n")
    system.environment |= {"BERTH_OAUTH_SECRET_FILE": str(secret), "PANEL_OAUTH_REDIRECT_URI": system.url}
    with system:
        assert "password" not in Browser(system.url).page("/login").text
        ada, answer = log_in(system, provider, "ada", "/dash/known")
        assert answer.headers["Location"] == "/dash/known"
        assert any("user: ada@example.org" in label for label in labels(ada, "/known"))
        again = arrive(ada, provider.approve(begin(ada, "/dash/known"), "ada"))
        assert again.headers["Location"] == "/dash/known"
        eve, refused = log_in(system, provider, "eve", "/dash/known")
        assert problem(refused) == "Example knows you as eve@elsewhere.example, who may not come in here."
        assert not logged_in(eve)


def test_a_provider_without_openid_is_asked_who_it_is(provider: OpenID, tmp_path: Path) -> None:
    """As GitHub is: three addresses, the secret in the form, no ID token that counts."""
    system = configured(provider, scripts(tmp_path)[0])
    del system.environment["BERTH_OAUTH_ISSUER"]
    system.environment |= {
        f"PANEL_OAUTH_{name}_URL": f"{provider.url}/{path}"
        for name, path in (("AUTHORIZE", "oauth2/authorize"), ("TOKEN", "oauth2/token"), ("USER", "userinfo"))
    }
    key, secret = provider.register(f"{system.url}/login", "client_secret_post")
    system.environment |= {"PANEL_OAUTH_KEY": key, "PANEL_OAUTH_SECRET": secret}
    with system:
        browser, answer = log_in(system, provider)
        assert answer.headers["Location"] == "/known"
        assert "Ada Lovelace" in "\n".join(labels(browser, "/known"))
        assert provider.kept[-1]["client_secret"] == [secret]


def test_a_key_that_the_provider_has_changed_is_found(provider: OpenID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a restart; but a name that nobody knows does not make us ask at every login."""

    async def ask() -> None:
        directory = Directory(Provider("x", "email", discovery=f"{provider.url}{DISCOVERY}"), Web())
        await directory.key("published")
        provider.name = "changed"
        with pytest.raises(Unanswered, match="a key that it does not publish"):
            await directory.key("changed")
        monkeypatch.setattr("berth.lobby.oauth.directory.PAUSE", 0.0)
        assert (await directory.key("changed")).key_id == "changed"

    asyncio.run(ask())


def test_a_description_of_another_issuer_is_refused(provider: OpenID) -> None:
    async def ask() -> None:
        other = Provider("x", "email", discovery=f"{provider.url}{DISCOVERY}", issuer="https://id.example")
        await Directory(other, Web()).addresses()

    with pytest.raises(Unanswered, match="names the issuer"):
        asyncio.run(ask())


def test_a_wrong_client_secret_and_a_provider_that_is_not_there_are_told_apart_in_the_log(
    provider: OpenID, tmp_path: Path
) -> None:
    system = configured(provider, scripts(tmp_path)[0])
    system.environment["PANEL_OAUTH_SECRET"] = "not-the-secret"
    with system:
        browser, answer = log_in(system, provider)
        assert "did not answer as it should" in problem(answer)
        said(system, "invalid_client")
        assert "not-the-secret" not in system.log()
        assert not logged_in(browser)
    system = configured(provider, scripts(tmp_path)[0])
    system.environment["BERTH_OAUTH_ISSUER"] = "http://localhost:9"
    with system:
        answer = Browser(system.url).page("/login/oauth?next=/known", allow_redirects=False)
        assert "did not answer as it should" in problem(answer)
        said(system, "localhost:9/.well-known/openid-configuration")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with running() as browser:
        yield browser


def test_in_a_browser_the_button_leads_to_the_provider_and_back_to_the_dashboard(
    system: System, provider: OpenID, chromium: Chromium
) -> None:
    """By keyboard, without the site's scripts, and to the part of the page that was asked for."""
    page = chromium.new_page()
    page.goto(f"{system.url}/known#part")
    button = page.get_by_role("link", name="Log in with Example")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="ada", exact=True).click()
    expect(page.get_by_role("button", name="user: ada@example.org")).to_be_visible(timeout=20000)
    expect(page.get_by_role("button", name=re.compile("Ada Lovelace"))).to_be_visible()
    assert page.url == f"{system.url}/known#part"
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_page_with_the_button(system: System, chromium: Chromium, scheme: Any) -> None:
    """Also after a failed login."""
    page = chromium.new_page(color_scheme=scheme, reduced_motion="reduce")
    for path in ("/login", "/login?state=over&code=x"):
        page.goto(system.url + path)
        found = Axe().run(page).response["violations"]
        assert [finding["id"] for finding in found if finding["impact"] in ("serious", "critical")] == []
    page.context.close()


def test_the_login_page_works_without_scripts(system: System, chromium: Chromium) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{system.url}/login?next=/known")
    page.get_by_role("link", name="Log in with Example").click()
    expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    context.close()
