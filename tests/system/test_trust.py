"""Who is believed, and what: forged signatures, foreign sites, disguised requests, and where secrets are not."""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import html
import http.client
import json
import re
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import jwt
import pytest
import requests
import websocket
from bokeh.util.token import generate_jwt_token, generate_session_id

from berth.tickets import Keys, Ticket, Visitor
from tests.support.client import Browser, Session, connect
from tests.support.raw import cookies, request, say
from tests.support.system import PASSWORD, SECRET, USERS, System

KEYS = Keys(SECRET)
PURPOSES = ("ticket", "visitor", "operations", "arrival", "sessions")
EVIL = "<script>alert('evil')</script>"
TREASURE = "what lies beside the folder that is served"

FACTS = """
import json, os
import panel as pn
pn.extension()
print("printed\\n2026-01-01T00:00:00 INFO berth.lobby login: forged by a dashboard")
pn.pane.Str(json.dumps(dict(os.environ)), name="environment").servable(title=%r)
"""

COUNTER = """
import panel as pn
pn.extension()
button = pn.widgets.Button(name="Count")
shown = pn.pane.Str("counted 0")
def count(event):
    shown.object = f"counted {button.clicks}"
button.on_click(count)
pn.Column(button, shown).servable()
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("trust")
    scripts = [folder / "counter.py", folder / "facts.py"]
    scripts[0].write_text(COUNTER)
    scripts[1].write_text(FACTS % EVIL)
    (folder / "open").mkdir()
    (folder / "open" / "sign.txt").write_text("for everybody who has a seat")
    (folder / "treasure.txt").write_text(TREASURE)
    users = [*USERS, EVIL, 'o\'neil "quoted"']
    settings = {
        "BERTH_SEATS": 2,
        "BERTH_MAX_BERTHS": 12,
        "BERTH_SEAT_GRACE": 0.3,
        "BERTH_UPLOAD_LIMIT": 1,
        "BERTH_TITLE": EVIL,
        "CREDENTIALS": ",".join(f"{user}:{PASSWORD}" for user in users),
    }
    with System(*scripts, options=("--static-dirs", f"open={folder / 'open'}"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def alice(system: System) -> Browser:
    """A browser that stays for all tests."""
    return system.browser("alice")


@pytest.fixture(scope="module")
def hers(alice: Browser) -> Session:
    """A page that stays for all tests."""
    return alice.open("/counter")


# Sessions


def neighbour(system: System, user: str, number: int) -> Browser:
    """Return a new browser that was seated in the berth of that number."""
    for _ in range(4):
        browser = system.browser(user)
        session = browser.open("/counter")
        if system.until(lambda: system.berth_of(user))["number"] == number:
            return browser
        session.leave()
    raise AssertionError(f"{user} was never seated there: {system.status()}")


def test_a_neighbour_in_the_same_process_cannot_join_a_session(system: System, hers: Session) -> None:
    """With two seats in one berth the other visitor is refused with the first one's token, and its page goes on."""
    number = system.until(lambda: system.berth_of("alice"))["number"]
    bob = neighbour(system, "bob", number)
    his = bob.open("/counter")
    assert system.berth_of("bob")["number"] == system.berth_of("alice")["number"]
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        connect(bob, hers.url, hers.token)
    his.click_and_wait("Count", "counted 1")
    hers.click_and_wait("Count", "counted 1")
    his.leave()


def test_a_token_that_berth_did_not_make_opens_nothing(system: System, alice: Browser, hers: Session) -> None:
    """Forged, signed with another key, unsigned, for an unknown session, and no token at all: 403 or 410."""
    key = KEYS.derived("sessions").encode()
    session = generate_session_id(secret_key=key, signed=True)
    theirs = str(json.loads(_payload(hers.token))["session_id"])
    tokens = [
        generate_jwt_token(session, secret_key=key, signed=True, expiration=300),
        generate_jwt_token(theirs, secret_key=b"another key", signed=True, expiration=300),
        generate_jwt_token(theirs, secret_key=None, signed=False, expiration=300),
        hers.token.partition(".")[0],
        "nonsense",
        "",
    ]
    for token in tokens:
        with pytest.raises(websocket.WebSocketBadStatusException, match="410"):
            connect(alice, hers.url, token)


def _payload(token: str) -> bytes:
    text = token.partition(".")[0]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_an_expired_token_opens_nothing(alice: Browser, hers: Session) -> None:
    """A token of this very session, rightly signed but expired, gets no document."""
    key = KEYS.derived("sessions").encode()
    theirs = str(json.loads(_payload(hers.token))["session_id"])
    good = generate_jwt_token(theirs, secret_key=key, signed=True, expiration=300)
    socket = connect(alice, hers.url, good)
    assert "ACK" in socket.recv()
    socket.close()
    expired = generate_jwt_token(theirs, secret_key=key, signed=True, expiration=-5)
    heard = ""
    with contextlib.suppress(websocket.WebSocketException, OSError):
        socket = connect(alice, hers.url, expired)
        heard = str(socket.recv())
        assert not heard
    assert "ACK" not in heard


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:{port}.evil.example"]
)
def test_a_websocket_from_a_foreign_origin_is_refused(
    system: System, alice: Browser, hers: Session, origin: str
) -> None:
    """Also from the same host on another port, and from a name that begins like ours."""
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        connect(alice, hers.url, hers.token, origin=origin.format(port=system.port))


@pytest.mark.parametrize("path", ["/counter", "/counter/autoload.js", "/counter/metadata"])
@pytest.mark.parametrize("name", ["bokeh-session-id", "bokeh-token"])
def test_a_session_cannot_be_chosen_in_the_address(alice: Browser, hers: Session, path: str, name: str) -> None:
    """Not even one's own session, rightly signed, is taken from the query."""
    theirs = str(json.loads(_payload(hers.token))["session_id"])
    for value in ("mine", theirs, hers.token):
        for spelt in (name, name.replace("-", "%2D")):
            answer = alice.page(f"{path}?{spelt}={value}", allow_redirects=False)
            if answer.status_code == 307:
                # The lobby looks first whether the berth of an embedded page is there.
                answer = alice.page(answer.headers["Location"], allow_redirects=False)
            assert answer.status_code == 403


def test_a_session_cannot_be_chosen_in_a_header(system: System, alice: Browser, hers: Session) -> None:
    """The header with which Bokeh would take an id from a proxy is refused."""
    said = request(system.port, "/counter", cookies(alice.http), "Bokeh-Session-Id: mine")
    assert said.status == 403


# Tickets and cookies


def seated_as(system: System, user: str, **cookies: str) -> requests.Response:
    """Ask for a dashboard with the cookies of a fresh login of ``user``, some replaced."""
    browser = system.browser(user)
    for name, value in cookies.items():
        browser.http.cookies.set(name, value, domain="127.0.0.1", path="/")
        assert browser.http.cookies.get_dict()[name] == value
    return browser.page("/counter", allow_redirects=False)


def test_a_ticket_is_worth_nothing_to_anybody_else(system: System, alice: Browser, hers: Session) -> None:
    """Forged, expired, of another visitor, of a process that is gone, or for another purpose: none opens a page."""
    assert hers.token
    ticket = KEYS.read_ticket(alice.http.cookies["berth"])
    visitor = KEYS.read_visitor(alice.http.cookies["visitor"])
    values = {
        "forged": Keys("f" * 32).sign_ticket(ticket),
        "expired": KEYS.sign_ticket(ticket, -5),
        "another visitor's": alice.http.cookies["berth"],
        "of a process that is gone": KEYS.sign_ticket(Ticket("bob", "x" * 24, ticket.ip, ticket.port, 1)),
        "unsigned": jwt.encode(
            jwt.decode(alice.http.cookies["berth"], options={"verify_signature": False}), None, "none"
        ),
        "a visitor cookie": KEYS.sign_visitor(visitor),
    }
    for what, value in values.items():
        answer = seated_as(system, "bob", berth=value)
        assert answer.status_code == 303, what
        assert "counted" not in answer.text, what


def test_a_ticket_leads_to_no_other_port_unless_it_is_signed(system: System, alice: Browser) -> None:
    """A ticket that names the operations port is followed only if the lobby made it."""
    visitor = KEYS.read_visitor(alice.http.cookies["visitor"])
    forged = Ticket("alice", visitor.id, "127.0.0.1", system.operations_port, 1)
    for value in (Keys("f" * 32).sign_ticket(forged), KEYS._sign("visitor", {"ip": "127.0.0.1", "exp": 2e9})):
        said = request(system.port, "/status", f"Cookie: berth={value}", "Accept: text/html")
        assert said.status == 303
        assert "/login" in said.headers("Location")[0]


def test_cookies_of_two_users_do_not_add_up(system: System, alice: Browser, hers: Session) -> None:
    """Alice's ticket and visitor with Bob's login, or her ticket and login with his visitor, open nothing of hers."""
    bob = system.browser("bob")
    for name in ("user", "visitor"):
        mixed = {cookie.name: str(cookie.value) for cookie in alice.http.cookies} | {name: bob.http.cookies[name]}
        header = "Cookie: " + "; ".join(f"{key}={value}" for key, value in mixed.items())
        said = request(system.port, "/counter", header, "Accept: text/html")
        assert said.status == 303, name
        socket = {
            "cookie": header.removeprefix("Cookie: "),
            "subprotocols": ["bokeh", hers.token],
            "origin": system.url,
        }
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            websocket.create_connection(hers.url.replace("http", "ws", 1) + "/ws", timeout=10, **socket)


# Where a visitor is sent

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\n/evil.example",
    "http://evil.example/",
    "HTTP:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example@127.0.0.1/",
    "@evil.example",
    ".evil.example",
    "/../..//evil.example",
    "/%2f/evil.example/..//evil.example",
    "https:/evil.example",
    "/x\r\nLocation: http://evil.example",
    "\u3000//evil.example",
    "/\u2028/evil.example",
]


def host_of(location: str, system: System) -> str:
    """The host that a browser would go to: it drops tabs and line ends and reads backslashes as slashes."""
    seen = re.sub(r"[\t\r\n]", "", location).strip("\x00\x1f ").replace("\\", "/")
    target = urlsplit(urljoin(f"{system.url}/login", seen))
    assert target.scheme == "http", location
    return target.netloc


@pytest.mark.parametrize("next", ELSEWHERE)
def test_next_leads_to_no_other_site(system: System, next: str) -> None:
    """After a login, with a login, at the door, in the waiting room and on the page of an ended seat."""
    browser = Browser(system.url)
    answer = browser.log_in("carol", PASSWORD, next)
    assert answer.status_code == 303
    locations = [answer.headers["Location"]]
    for path in ("/login", "/berth/seat", "/berth/waiting"):
        answer = browser.http.get(f"{system.url}{path}", params={"next": next}, allow_redirects=False, timeout=10)
        locations += (
            [answer.headers["Location"]] if answer.is_redirect else re.findall(r'data-next="([^"]*)"', answer.text)
        )
    ended = browser.http.get(f"{system.url}/berth/ended", params={"next": next}, timeout=10)
    locations += re.findall(r'id="action" href="([^"]*)"', ended.text)
    assert len(locations) == 5
    for location in locations:
        assert host_of(html.unescape(location), system) == f"127.0.0.1:{system.port}", location


def test_next_leads_on_within_this_site(system: System) -> None:
    """The claim above would hold for a lobby that forgets where its visitor wanted to go; this one does not."""
    target = "/counter?a=1#b"
    system.until(lambda: Browser(system.url).log_in("carol", PASSWORD, target).headers["Location"] == target, pause=1)


# Requests in disguise

INJECTIONS = [
    "%0d%0aX-Injected:%20yes",
    "%0aX-Injected: yes".replace(" ", "%20"),
    "\u560d\u560aX-Injected:yes",
    "%E5%98%8D%E5%98%8AX-Injected:yes",
]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(
    "target", ["/{}", "/login?next=/{}", "/counter?{}", "/berth/seat?next=/{}", "/static/{}?v={}", "/berth/{}"]
)
def test_no_line_end_gets_into_the_headers_of_an_answer(system: System, alice: Browser, target: str, text: str) -> None:
    """Whatever the address holds, with and without a ticket."""
    path = quote(target.format(text, text), safe="/?=&%:")
    for more in ([], [cookies(alice.http)]):
        said = request(system.port, path, "Accept: text/html", *more)
        assert said.status in (200, 302, 303, 400, 403, 404), said.head
        assert not said.headers("X-Injected"), said.head
        assert len(said.statuses) == 1


def test_no_line_end_in_a_form_gets_into_headers_or_the_log(system: System) -> None:
    """A user name and a destination with line ends give no header and no line of their own."""
    browser = Browser(system.url)
    forged = "2026-01-01T00:00:00 INFO berth.lobby login: forged by a form"
    answer = browser.log_in(
        f"mallory\r\nX-Injected: yes\r\n{forged}", PASSWORD, f"/counter\r\nX-Injected: yes\n{forged}"
    )
    assert answer.status_code == 401
    assert "X-Injected" not in answer.headers
    system.until(lambda: "login failed" in system.log())
    assert "forged by a form" not in system.log()


def test_what_a_dashboard_prints_cannot_pass_for_a_line_of_a_role(system: System, alice: Browser) -> None:
    """Every line it prints, also behind a line end, carries the replica's time and the berth's name."""
    alice.open("/facts").leave()
    printed = system.until(lambda: _with(system, "forged by a dashboard") or None)
    assert printed
    for line in printed:
        assert re.match(r"replica +\S+ INFO berth\.replica berth-\d+( \([^)]*\))?: ", line), line


def _with(system: System, text: str) -> list[str]:
    return [line for line in system.lines if text in line]


@pytest.mark.parametrize(
    ("target", "statuses"),
    [
        ("http://evil.example/counter", {303, 400, 403, 404}),
        ("http://evil.example//evil.example", {400}),
        ("http://127.0.0.1:{port}/login", {200, 400, 404}),
        ("*", {400, 403, 404, 405}),
        ("counter", {400}),
        ("/counter\x00", {400}),
        ("/counter\x7f", {400}),
    ],
)
def test_a_strange_request_line_gets_a_plain_refusal(
    system: System, alice: Browser, target: str, statuses: set[int]
) -> None:
    """Absolute, relative and broken targets end in a refusal or on our own pages, never elsewhere or in an error."""
    for more in ([], [cookies(alice.http)]):
        said = request(system.port, target.format(port=system.port), "Accept: text/html", *more)
        assert said.status in statuses, said.head
        for location in said.headers("Location"):
            assert host_of(location, system) == f"127.0.0.1:{system.port}"


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "X-Host", "Forwarded"])
def test_a_forged_host_is_in_no_answer(system: System, alice: Browser, name: str) -> None:
    """Pages and redirections of lobby and berth name no host that a header brought along."""
    value = "host=evil.example" if name == "Forwarded" else "evil.example"
    for target in ("/login", "/", "/counter", "/berth/ended", "/logout", "/static/nothing.js", "/berth/waiting"):
        for more in ([], [cookies(alice.http)]):
            said = request(system.port, target, f"{name}: {value}", "Accept: text/html", *more)
            assert said.status < 500
            assert "evil.example" not in said.text, (target, said.head)


def test_two_hosts_in_one_request_are_refused(system: System) -> None:
    """Neither is believed."""
    said = request(system.port, "/login", f"Host: 127.0.0.1:{system.port}", "Host: evil.example")
    assert said.status == 400


SMUGGLED = b"GET /berth/livez?smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)

FRAMINGS = {
    "length and chunks": b"Content-Length: 0\r\nTransfer-Encoding: chunked",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 0",
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d" % len(CHUNKED),
    "two lengths the other way": b"Content-Length: %d\r\nContent-Length: 0" % len(CHUNKED),
    "a list of lengths": b"Content-Length: 0, %d" % len(CHUNKED),
    "a signed length": b"Content-Length: +%d" % len(CHUNKED),
    "a negative length": b"Content-Length: -1",
    "a length in hex": b"Content-Length: 0x%x" % len(CHUNKED),
    "a space before the colon": b"Transfer-Encoding : chunked",
    "a tab in the value": b"Transfer-Encoding:\tchunked",
    "an unknown coding": b"Transfer-Encoding: xchunked",
    "two codings": b"Transfer-Encoding: chunked, identity",
    "two headers": b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "a folded line": b"X: y\r\n Content-Length: 0\r\nContent-Length: %d" % len(CHUNKED),
    "a folded coding": b"Transfer-Encoding:\r\n chunked",
    "a bare line feed": b"X: y\nTransfer-Encoding: chunked",
    "a bare carriage return": b"X: y\rTransfer-Encoding: chunked",
    "a null": b"Transfer-Encoding: chunked\x00",
}


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("path", ["/login", "/counter"])
def test_no_request_hides_in_the_body_of_another(system: System, alice: Browser, path: str, framing: str) -> None:
    """Neither lobby nor berth sees another end of a request than the router: what doubts there are end in a refusal."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{system.port}\r\n{cookies(alice.http)}\r\n".encode()
    said = say(system.port, head + FRAMINGS[framing] + b"\r\n\r\n" + CHUNKED, patience=0.5)
    assert said.status in (400, 403, 405, 411, 413, 422, 501), said.head
    assert "\r\n\r\nok" not in said.text


def test_two_requests_on_one_connection_are_two_answers(system: System) -> None:
    """The claim above can fail: where the end is clear, the second request is answered."""
    said = say(system.port, SMUGGLED + SMUGGLED, patience=1)
    assert said.statuses == [200, 200]
    assert said.text.count("\r\n\r\nok") == 2


def test_the_older_way_to_http_2_is_closed(system: System) -> None:
    """Its requests have no Content-Length, by which uploads are limited, so it is not spoken."""
    said = say(system.port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00", patience=2)
    assert said.status == 400, said.text[:200]


TRAVERSALS = [
    "../treasure.txt",
    "..%2ftreasure.txt",
    "%2e%2e/treasure.txt",
    "%2e%2e%2ftreasure.txt",
    "%252e%252e%252ftreasure.txt",
    "..%252ftreasure.txt",
    "..%5ctreasure.txt",
    "..\\treasure.txt",
    "....//treasure.txt",
    "..;/treasure.txt",
    "%c0%ae%c0%ae/treasure.txt",
    "%u002e%u002e/treasure.txt",
    "sign.txt/../../treasure.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "sign.txt%00../treasure.txt",
    "%00",
    "x" * 300,
]
ROOTS = [
    "/open/",
    "/static/",
    "/static/js/",
    "/static/extensions/panel/",
    "/berth/assets/",
    "/components/panel.pane/Str/_css/",
]


@pytest.mark.parametrize("root", ROOTS)
def test_no_path_leads_out_of_a_folder(system: System, alice: Browser, root: str) -> None:
    """However the dots are written, lobby and berth send nothing that lies beside what they serve."""
    assert alice.page("/open/sign.txt").text == "for everybody who has a seat"
    for path in TRAVERSALS:
        for query in ("", "?seat=1"):
            said = request(system.port, f"{root}{path}{query}", cookies(alice.http), "Accept: */*")
            assert said.status in (302, 400, 403, 404), (path, said.head)
            assert TREASURE not in said.text
            assert "root:x" not in said.text


# Size


def test_many_cookies_are_borne_and_too_many_refused(system: System, alice: Browser) -> None:
    """A hundred small ones do no harm; more than the router takes get a clear answer, and the next request works."""
    own = cookies(alice.http)
    small = "; ".join(f"c{number}=v" for number in range(100))
    assert request(system.port, "/counter", f"{own}; {small}", "Accept: text/html").status == 200
    for bomb in (f"{own}; bomb={'x' * 20000}", f"{own}; " + "; ".join(f"cookie{n}={'x' * 40}" for n in range(1000))):
        said = request(system.port, "/counter", bomb, "Accept: text/html")
        assert said.status in (400, 431), said.head
    for junk in ('berth="\\', "berth=;;;=;user", f"user={'|' * 4000}", "visitor=a.b.c; user=2|1:0|x", "berth=\xff\xfe"):
        assert request(system.port, "/counter", f"Cookie: {junk}", "Accept: text/html").status == 303
    assert request(system.port, "/counter", own, "Accept: text/html").status == 200


def test_an_upload_over_the_limit_is_refused_with_the_limit(system: System, alice: Browser) -> None:
    """Known to be too big: 413 and the number. Of unknown size: 411. At the limit the berth gets it."""
    big = request(system.port, "/counter", cookies(alice.http), f"Content-Length: {2**20 + 1}", method="POST")
    assert (big.status, "larger than 1 MiB" in big.text) == (413, True)
    chunked = request(system.port, "/counter", cookies(alice.http), "Transfer-Encoding: chunked", method="POST")
    assert chunked.status == 411
    right = alice.http.post(f"{system.url}/counter", data=b"x" * 2**20, timeout=20)
    assert right.status_code == 405


@pytest.mark.parametrize("field", ["username", "password", "next", "_xsrf"])
def test_an_endless_field_of_the_login_just_fails(system: System, field: str) -> None:
    """10 MB are refused unread, 60 kB are a failed login or a destination that is not followed."""
    browser = Browser(system.url)
    token = browser.http.get(f"{system.url}/login").text.split('name="_xsrf" value="')[1].split('"')[0]
    fields = {"username": "dave", "password": "wrong", "next": "/counter", "_xsrf": token}
    huge = browser.http.post(f"{system.url}/login", data=fields | {field: "x" * 10 * 2**20}, timeout=20)
    assert huge.status_code == 413
    long = browser.http.post(f"{system.url}/login", data=fields | {field: "x" * 60_000}, timeout=20)
    assert long.status_code == (403 if field == "_xsrf" else 401)


# Headers of answers


def answers(system: System, alice: Browser) -> dict[str, requests.Response]:
    """One answer of each kind that lobby, berth and router give."""
    http, url = alice.http, system.url
    stranger = requests.Session()
    return {
        "login": stranger.get(f"{url}/login"),
        "door": stranger.get(f"{url}/counter", headers={"Accept": "text/html"}, allow_redirects=False),
        "no page": stranger.get(f"{url}/counter", headers={"Accept": "image/png"}),
        "unknown": stranger.get(f"{url}/berth/nothing"),
        "wrong method": stranger.delete(f"{url}/login"),
        "ended": stranger.get(f"{url}/berth/ended"),
        "index": http.get(f"{url}/berth/index"),
        "logout": http.get(f"{url}/logout"),
        "file": stranger.get(f"{url}/static/js/bokeh.min.js"),
        "asset": stranger.get(f"{url}/berth/assets/base.css"),
        "page": alice.page("/counter"),
        "missing page": alice.page("/nothing-here"),
        "static dir": alice.page("/open/sign.txt"),
        "chosen session": alice.page("/counter?bokeh-session-id=x"),
        "refused path": http.get(f"{url}//x"),
        "too big": http.post(f"{url}/counter", data=b"x" * (2**20 + 1)),
        "beacon": http.post(f"{url}/berth/active", headers={"Origin": "http://evil.example"}),
    }


def test_every_answer_carries_the_security_headers(system: System, alice: Browser, hers: Session) -> None:
    """Of lobby, berth and router: no sniffing, a referrer policy, no server's name, and pages cannot be framed."""
    for kind, answer in answers(system, alice).items():
        assert answer.headers.get("X-Content-Type-Options") == "nosniff", kind
        assert answer.headers.get("Referrer-Policy"), kind
        assert "Server" not in answer.headers, kind
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            policy = answer.headers.get("Content-Security-Policy", "")
            expected = (
                r"frame-ancestors 'self'"
                if kind in ("page", "missing page", "chosen session")
                else r"frame-ancestors '(none|self)'"
            )
            assert re.search(expected, policy), (kind, policy)
        assert "Traceback" not in answer.text, kind
    # What cannot be read as a request gets HAProxy's own sentence, which no setting can add a header to.
    unread = say(system.port, b"GET /<b>x</b> HTTP/1.1\r\nno header <b>x</b>\r\n\r\n")
    assert unread.status == 400
    assert "<b>" not in unread.text


def test_the_lobbys_pages_run_no_inline_script_and_cannot_be_framed(system: System) -> None:
    """Clickjacking and injected scripts are stopped by the browser, too."""
    policy = requests.get(f"{system.url}/login", timeout=5).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


# Pages


def test_titles_names_and_destinations_are_text_and_never_markup(system: System) -> None:
    """On the login, its errors, the index, the log-out page, the waiting room and the page of an ended seat."""
    stranger, guest = Browser(system.url), Browser(system.url)
    next = "/counter?<img src=x onerror=alert(1)>'\"&<script>alert('evil')</script>"
    assert guest.log_in(EVIL, PASSWORD).status_code == 303
    texts = {
        "login": stranger.http.get(f"{system.url}/login", params={"next": next}).text,
        "wrong": stranger.log_in(f"\"'>{EVIL}", "wrong", next).text,
        "index": guest.http.get(f"{system.url}/berth/index").text,
        "logout": guest.http.get(f"{system.url}/logout").text,
        "ended": guest.http.get(f"{system.url}/berth/ended", params={"next": next, "why": EVIL}).text,
        "error": guest.http.get(f"{system.url}/berth/{EVIL}", headers={"Accept": "text/html"}).text,
        "waiting": guest.http.get(f"{system.url}/berth/waiting", params={"next": next}, allow_redirects=True).text,
    }
    for page, text in texts.items():
        assert EVIL not in text, page
        assert "<script>alert" not in text, page
        assert "<img src=x" not in text, page
    assert html.escape(EVIL, quote=True).replace("&#x27;", "&#39;") in texts["logout"]
    assert texts["index"].count(html.escape(EVIL, quote=True).replace("&#x27;", "&#39;")) >= 3


def test_a_dashboards_title_is_text_on_its_own_page(alice: Browser) -> None:
    """The script names itself with markup, which the page shows as text."""
    assert "<title>&lt;script&gt;" in alice.page("/facts").text.replace("\n", "").replace("  ", "")


# Foreign sites


def test_a_foreign_site_cannot_log_anybody_out(system: System) -> None:
    """A link, a picture and a form of another site leave login and seat as they were."""
    browser = system.browser("dave")
    session = browser.open("/counter")
    evil = {"Origin": "http://evil.example", "Referer": "http://evil.example/", "Sec-Fetch-Site": "cross-site"}
    browser.http.get(f"{system.url}/logout", headers=evil, timeout=5)
    for fields in ({}, {"_xsrf": ""}, {"_xsrf": "2|00000000|" + "0" * 32 + "|1700000000"}):
        assert browser.http.post(f"{system.url}/logout", data=fields, headers=evil, timeout=5).status_code == 403
    session.click_and_wait("Count", "counted 1")
    assert browser.page("/counter", allow_redirects=False).status_code == 200
    session.leave()


def test_a_foreign_site_cannot_log_anybody_in(system: System) -> None:
    """A form without the token that this browser was given is shown again, with no cookie of a login."""
    fields = {"username": "alice", "password": PASSWORD, "next": "/counter"}
    other = Browser(system.url).http.get(f"{system.url}/login").text.split('name="_xsrf" value="')[1].split('"')[0]
    for more in ({}, {"_xsrf": other}):
        answer = requests.post(f"{system.url}/login", data=fields | more, timeout=10, allow_redirects=False)
        assert answer.status_code == 403
        assert "user" not in answer.cookies
        assert "visitor" not in answer.cookies


@pytest.mark.parametrize("path", ["left", "active"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
)
def test_a_foreign_site_cannot_send_beacons(
    system: System, alice: Browser, hers: Session, path: str, headers: dict[str, str]
) -> None:
    """It can neither free a seat nor keep one."""
    answer = alice.http.post(f"{system.url}/berth/{path}", data={"page": hers.page}, headers=headers, timeout=5)
    assert answer.status_code == 403


def test_a_foreign_site_cannot_take_away_a_seat(system: System) -> None:
    """A link to the page that says a seat has ended leaves the ticket of a seat that has not."""
    browser = system.browser("dave")
    session = browser.open("/counter")
    evil = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    browser.http.get(f"{system.url}/berth/ended?why=crashed", headers=evil, timeout=5)
    session.close()
    session.connect()
    session.click_and_wait("Count", "counted 1")
    session.leave()


def test_a_script_tag_on_a_foreign_site_gets_no_session(system: System, alice: Browser) -> None:
    """A browser that sends cookies along to other sites must not hand them a dashboard's script with its token."""
    tag = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    target = f"{system.url}/counter/autoload.js?bokeh-autoload-element=x"
    assert "token" in alice.http.get(target, headers={"Sec-Fetch-Site": "same-origin"}, timeout=10).text
    answer = alice.http.get(target, headers=tag, timeout=10)
    assert (answer.status_code, "token" in answer.text) == (403, False)


# The operations port


def call(system: System, path: str, body: bytes, token: str) -> requests.Response:
    """Call the operations port."""
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(f"http://127.0.0.1:{system.operations_port}{path}", data=body, headers=headers, timeout=5)


def test_the_operations_port_believes_only_its_own_signature(system: System, alice: Browser, hers: Session) -> None:
    """Unsigned, of another key, expired, or signed for another path or body: 401, and nothing happens."""
    body = json.dumps({"visitor": KEYS.read_visitor(alice.http.cookies["visitor"]).id, "reason": "logout"}).encode()
    expired = jwt.encode({"path": "/seats/release", "exp": time.time() - 1}, KEYS.derived("operations"), "HS256")
    tokens = [
        "",
        "x",
        Keys("f" * 32).sign_call("/seats/release", body),
        KEYS.sign_call("/seats/left", body),
        KEYS.sign_call("/seats/release", b"{}"),
        KEYS.sign_visitor(Visitor("x", "alice")),
        alice.http.cookies["berth"],
        expired,
    ]
    for token in tokens:
        assert call(system, "/seats/release", body, token).status_code == 401, token
    hers.click_and_wait("Count", "counted")


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"1", b"null", b'{"visitor": 1}', b'{"visitors": [[]]}', b'{"x": NaN}', b"[" * 30000]
)
def test_a_signed_call_without_sense_is_refused(system: System, body: bytes) -> None:
    """Garbage, of whatever shape and depth, gets 400 and no traceback."""
    answer = call(system, "/seats/want", body, KEYS.sign_call("/seats/want", body))
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


def test_a_huge_call_is_refused_unread(system: System) -> None:
    """1 MB is refused, and the supervisor goes on."""
    body = b"x" * 2**20
    with contextlib.suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        assert call(system, "/seats/want", body, "x").status_code in (400, 413)
    assert system.status()["seats"] == 24


# Passwords


def log_in_from(system: System, address: str, user: str, password: str, **headers: str) -> int:
    """Log in from one of this machine's addresses and return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", system.port, timeout=30, source_address=(address, 0))
    connection.request("GET", "/login", headers=headers)
    form = connection.getresponse()
    token = re.search(r'name="_xsrf" value="([^"]+)"', form.read().decode())
    cookie = form.headers["Set-Cookie"].partition(";")[0]
    assert token
    body = f"username={quote(user)}&password={quote(password)}&_xsrf={quote(token.group(1))}"
    sent = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", **headers}
    connection.request("POST", "/login", body, sent)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_a_hundred_wrong_passwords_lock_nobody_else_out(system: System) -> None:
    """They are refused after ten, under forged addresses, too, while another user logs in from elsewhere at once."""
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        attempts = [
            pool.submit(
                log_in_from,
                system,
                "127.0.0.66",
                f"user{number % 40}" if number % 2 else "dave",
                f"guess {number}",
                **{
                    "X-Forwarded-For": f"10.0.0.{number}",
                    "X-Real-IP": f"10.0.1.{number}",
                    "Forwarded": f"for=10.0.2.{number}",
                },
            )
            for number in range(100)
        ]
        time.sleep(0.5)
        began = time.monotonic()
        assert log_in_from(system, "127.0.0.2", "carol", PASSWORD) == 303
        took = time.monotonic() - began
    statuses = [attempt.result() for attempt in attempts]
    assert statuses.count(429) >= 85
    assert set(statuses) == {401, 429}
    assert took < 2.5
    assert log_in_from(system, "127.0.0.66", "alice", PASSWORD, **{"X-Forwarded-For": "127.0.0.2"}) == 429


# Secrets


def test_no_secret_can_be_read_anywhere(system: System, alice: Browser) -> None:
    """Not in the log, the operations port, command lines, the router's file, pages, or a dashboard's environment."""
    secrets = {"secret": SECRET, "password": PASSWORD} | {purpose: KEYS.derived(purpose) for purpose in PURPOSES}
    facts = alice.open("/facts")
    (environment,) = [
        model["attributes"]["text"]
        for model in facts.models.values()
        if "BERTH_NAME" in str(model.get("attributes", {}).get("text", ""))
    ]
    operations = f"http://127.0.0.1:{system.operations_port}"
    router = system.role("router").cmdline()
    places = {
        "log": system.log(),
        "status": requests.get(f"{operations}/status", timeout=5).text,
        "metrics": requests.get(f"{operations}/metrics", timeout=5).text,
        "command lines": "\n".join(" ".join(process.cmdline()) for process in system.processes()),
        "router's file": Path(router[router.index("-f") + 1]).read_text(),
        "router's environment": str({**system.role("router").environ(), "BERTH_TICKET_KEY": ""}),
        "page": facts.html,
        "pages": "".join(alice.page(path).text for path in ("/login", "/berth/index", "/logout", "/berth/ended")),
        "environment": environment,
    }
    for place, text in places.items():
        assert len(text) > 50, place
        for name, secret in secrets.items():
            # Bokeh reads the key of its sessions from the environment. It opens nothing without the visitor's cookies.
            if not (name == "sessions" and place.startswith("environment")):
                assert html.escape(secret) not in html.unescape(text), (place, name)
    assert KEYS.derived("sessions") in environment
    facts.leave()


def test_a_page_knows_no_cookie_that_scripts_must_not_read(alice: Browser) -> None:
    """The token in a page holds the visitor's headers, but neither ticket nor visitor nor the token of our forms."""
    payload = json.loads(_payload(alice.open("/counter").token))
    held = str(payload)
    if "__bk__zlib_" in payload:
        text = payload["__bk__zlib_"]
        held += zlib.decompress(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_")).decode()
    assert "127.0.0.1" in held
    for cookie in alice.http.cookies:
        if cookie.name != "user":
            assert str(cookie.value) not in held, cookie.name
