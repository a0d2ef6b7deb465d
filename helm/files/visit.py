"""One visit, as `helm test` makes it: log in, open a dashboard, let it work, leave. Else a sentence, and exit code 1.

Runs in Berth's image. The password comes from PASSWORD (of `admin`) or from the credentials file. Where all are
hashes, or a provider logs visitors in, the cookies are signed with the cookie secret, as the lobby does after a login.
"""

import asyncio
import itertools
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClientConnection, websocket_connect

from berth import auth
from berth.settings import Settings
from berth.tickets import PROFILE_COOKIE, USER_COOKIE, VISITOR_COOKIE, Keys, Visitor

PATIENCE = 120
"""Seconds for the whole visit, a wait for a new pod included."""

QUIET = 0.5
"""Seconds without a change after which what a button has started is over."""

EXPLORERS_BUTTON = "Compute intervals"


class VisitFailed(Exception):
    """The text says what went wrong, and where to look."""


class Visit:
    """A browser without a screen: its cookies, and requests to the front in the name of the public address."""

    def __init__(self, settings: Settings, front: str) -> None:
        self.settings = settings
        self.public = urlsplit(settings.url)
        self.front = front
        self.cookies: dict[str, str] = {}

    async def ask(self, path: str, form: dict[str, str] | None = None) -> HTTPResponse:
        """GET, or POST a form; follows no redirect."""
        request = HTTPRequest(
            f"http://{self.front}{path}",
            method="GET" if form is None else "POST",
            headers={
                **self.headers(),
                "Accept": "text/html",
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "document",
            },
            body=None if form is None else urlencode(form),
            follow_redirects=False,
            request_timeout=60,
        )
        try:
            answer = await AsyncHTTPClient().fetch(request, raise_error=False)
        except OSError as error:
            raise VisitFailed(f"{self.front} cannot be reached ({error}): are the front's pods ready?") from error
        if answer.code == 599:
            raise VisitFailed(f"{self.front}{path} gave no answer within 60 s: see the front's log.")
        for line in answer.headers.get_list("Set-Cookie"):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        return answer

    def headers(self) -> dict[str, str]:
        """What a browser at the public address sends with everything."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value)
        return {"Host": self.public.netloc, "Origin": f"{self.public.scheme}://{self.public.netloc}", "Cookie": cookies}

    async def log_in(self) -> str:
        """Log in and return as whom."""
        if self.settings.login == "none":
            return "nobody in particular"
        accounts = _accounts(self.settings)
        account = next((one for one in accounts if not one.hashed), None)
        if account is None:
            user = accounts[0].user if accounts else _admitted(self.settings)
            self.cookies = _signed(Keys(self.settings.cookie_secret), Visitor.new(user))
            return f"{user}, by the cookie secret"
        login = f"{self.public.path}/login"
        form = (await self.ask(login)).body.decode()
        token = re.search(r'name="_xsrf" value="([^"]+)"', form)
        if token is None:
            raise VisitFailed(f"{login} shows no form; it begins with: {form[:200]}")
        answer = await self.ask(login, {"username": account.user, "password": account.secret, "_xsrf": token[1]})
        if answer.code != 303:
            raise VisitFailed(f"The login as {account.user} was refused with {answer.code}: see the lobby's log.")
        return account.user

    async def open(self, path: str) -> tuple[str, str]:
        """Return path and text of the dashboard's page, after the waiting room if it leads there."""
        deadline = time.monotonic() + PATIENCE
        start = path
        while time.monotonic() < deadline:
            answer = await self.ask(path)
            if answer.code in (301, 302, 303, 307):
                place = urlsplit(urljoin(f"http://{self.front}{path}", answer.headers["Location"]))
                path = f"{place.path}?{place.query}" if place.query else place.path
                continue
            if answer.code == 200 and "/berth/waiting" in path:
                await self.wait(start)
                path = start
                continue
            text = answer.body.decode(errors="replace")
            if answer.code == 200 and '"token":"' in text:
                return path.partition("?")[0], text
            if answer.code == 200 and (links := _dashboards(text, self.public.path)):
                path = start = links[0]
                continue
            raise VisitFailed(f"{path} answered {answer.code} and no dashboard: see the replicas' log.")
        raise VisitFailed(f"There was no seat for {PATIENCE} s: see the events of the replica's Deployment.")

    async def wait(self, path: str) -> None:
        """Sit in the waiting room until it says that there is a seat."""
        room = await self.socket(f"{self.public.path}/berth/waiting/ws?{urlencode({'next': path})}")
        while (said := await asyncio.wait_for(room.read_message(), PATIENCE)) is not None:
            if '"go"' in str(said):
                break
        room.close()

    async def socket(self, path: str, *protocols: str) -> WebSocketClientConnection:
        """Open a WebSocket."""
        request = HTTPRequest(f"ws://{self.front}{path}", headers=self.headers(), connect_timeout=20)
        try:
            return await websocket_connect(request, subprotocols=list(protocols) or None, max_message_size=2**28)
        except Exception as error:
            raise VisitFailed(
                f"The WebSocket {path} was refused ({error}): does something in front block it?"
            ) from error


class Session:
    """A dashboard's session, in Bokeh's protocol."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket
        self.numbers = itertools.count(1)
        self.models: list[dict[str, Any]] = []

    async def begin(self) -> None:
        """Take the document and say that it is shown."""
        await self.until("ACK")
        pulled = await self.send("PULL-DOC-REQ", {})
        self.models = list(_models((await self.until("PULL-DOC-REPLY", pulled))["doc"]))
        await self.until("OK", await self.event("document_ready"))

    async def press(self, label: str) -> None:
        """Press a button, and wait until the page has changed, is quiet, and the button is not locked (any more)."""
        button = next((one for one in self.models if one.get("attributes", {}).get("label") == label), None)
        if button is None:
            raise VisitFailed(f"The dashboard has no button {label!r}: mend test.button.")
        await self.event("button_click", [["model", {"id": button["id"]}]])
        changed = locked = False
        while True:
            try:
                header, content = await asyncio.wait_for(self.message(), QUIET if changed and not locked else None)
            except TimeoutError:
                return
            changed = changed or header["msgtype"] == "PATCH-DOC"
            for change in content.get("events", ()):
                if change.get("model") == {"id": button["id"]} and change.get("attr") == "disabled":
                    locked = change["new"]

    async def event(self, name: str, entries: list[Any] | None = None) -> str:
        """Send an event and return the message's number."""
        data = {"type": "event", "name": name, "values": {"type": "map", "entries": entries or []}}
        change = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}
        return await self.send("PATCH-DOC", {"events": [change]})

    async def send(self, kind: str, content: dict[str, Any]) -> str:
        """Send a message and return its number."""
        number = str(next(self.numbers))
        for part in ({"msgid": number, "msgtype": kind}, {}, content):
            await self.socket.write_message(json.dumps(part))
        return number

    async def until(self, kind: str, request: str = "") -> dict[str, Any]:
        """Return the content of the next message of this kind, which answers ``request`` if one is named."""
        while True:
            header, content = await self.message()
            if header["msgtype"] == kind and request in ("", header.get("reqid")):
                return content

    async def message(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and content of the next message."""
        header = json.loads(await self.frame())
        await self.frame()
        content = json.loads(await self.frame())
        for _ in range(2 * header.get("num_buffers", 0)):
            await self.frame()
        if header["msgtype"] == "ERROR":
            raise VisitFailed(f"The dashboard answered with an error ({content.get('text')}): see the replicas' log.")
        return header, content

    async def frame(self) -> bytes | str:
        """Return the next frame."""
        frame = await self.socket.read_message()
        if frame is None:
            raise VisitFailed("The WebSocket was closed in the middle: see the replicas' log.")
        return frame


async def visit(settings: Settings, front: str, path: str, button: str) -> None:
    """Make the visit and say each step."""
    began = time.monotonic()
    guest = Visit(settings, front)
    _say(f"Logged in as {await guest.log_in()}.")
    path, page = await guest.open(guest.public.path + (path or "/"))
    _say(f"Opened {path} after {time.monotonic() - began:.1f} s.")
    try:
        await use(guest, path, page, button)
    finally:
        await guest.ask(f"{guest.public.path}/berth/left", {"page": _found(r'data-page="(\w+)"', page)})


async def use(guest: Visit, path: str, page: str, button: str) -> None:
    """Take part in the page's session: get its document, and press the button if there is one to press."""
    socket = await guest.socket(f"{path.rstrip('/')}/ws", "bokeh", _found(r'"token":"([^"]+)"', page))
    session = Session(socket)
    await session.begin()
    labels = [one.get("attributes", {}).get("label") for one in session.models]
    _say(f"The session answers; its page has {len(session.models)} models.")
    button = button or (EXPLORERS_BUTTON if EXPLORERS_BUTTON in labels else "")
    if button:
        pressed = time.monotonic()
        await session.press(button)
        _say(f"Pressed {button!r}: it was done after {time.monotonic() - pressed - QUIET:.1f} s.")
    socket.close()


def main() -> None:
    """Read what to visit from the environment."""
    environ = os.environ
    work = visit(Settings.load(), environ["FRONT"], environ.get("DASHBOARD", ""), environ.get("BUTTON", ""))
    try:
        asyncio.run(asyncio.wait_for(work, PATIENCE))
    except VisitFailed as error:
        sys.exit(str(error))
    except TimeoutError:
        sys.exit(f"The visit was not over after {PATIENCE} s; the last line says how far it came.")


def _accounts(settings: Settings) -> list[auth.Account]:
    """Return who may log in by password."""
    if "PASSWORD" in os.environ:
        return [auth.Account("admin", os.environ["PASSWORD"])]
    return auth.read_accounts(settings)


def _admitted(settings: Settings) -> str:
    """Return a name that a provider might give to somebody who may come in."""
    first = settings.oauth_allowed[0] if settings.oauth_allowed else "helm-test"
    return f"helm-test{first}" if first.startswith("@") else first


def _signed(keys: Keys, visitor: Visitor) -> dict[str, str]:
    """Return the cookies of somebody who has logged in."""
    claims = {"email": visitor.user, "email_verified": True}
    return {
        USER_COOKIE: keys.sign_user(visitor.user),
        VISITOR_COOKIE: keys.sign_visitor(visitor),
        PROFILE_COOKIE: keys.sign_profile(visitor, claims),
    }


def _dashboards(text: str, prefix: str) -> list[str]:
    """Return the paths that a list of dashboards links to."""
    links = re.findall(r'href="([^"#?]+)"', text)
    own = [link for link in links if link.startswith(f"{prefix}/")]
    return [link for link in own if not re.match(rf"{re.escape(prefix)}/(berth|static|logout|login|favicon)\b", link)]


def _models(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "object" and "id" in node:
            yield node
        for value in node.values():
            yield from _models(value)
    elif isinstance(node, list):
        for value in node:
            yield from _models(value)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
