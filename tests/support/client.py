"""A visitor without a browser: real HTTP, real WebSockets, Bokeh's protocol."""

from __future__ import annotations

import itertools
import json
import re
import time
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests
import websocket


class Browser:
    """Cookies and log-in. ``url`` is the router's or a server's address, with its prefix."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()

    def log_in(self, user: str, password: str, next: str = "/") -> requests.Response:
        """Fill in the login form; returns the last answer without following it."""
        form = self.http.get(f"{self.url}/login", params={"next": next}, timeout=20)
        token = re.search(r'name="_xsrf" value="([^"]+)"', form.text)
        assert token, form.text[:500]
        fields = {"user": user, "username": user, "password": password, "next": next, "_xsrf": token.group(1)}
        return self.http.post(f"{self.url}/login", data=fields, timeout=20, allow_redirects=False)

    def page(self, path: str, **options: Any) -> requests.Response:
        """GET a page as a browser's navigation does."""
        headers = {"Accept": "text/html", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
        return self.http.get(self.url + path, headers=headers, timeout=options.pop("timeout", 70), **options)

    def seated_page(self, path: str) -> requests.Response:
        """GET a dashboard's page, through the waiting room if it leads there."""
        answer = self.page(path)
        if "/berth/waiting" in answer.url:
            self.wait_for_seat(path)
            answer = self.page(path)
        return answer

    def open(self, path: str) -> Session:
        """Open a dashboard: page (through the waiting room, if it leads there), WebSocket, document."""
        answer = self.seated_page(path)
        assert answer.status_code == 200, (answer.status_code, answer.text[:300])
        return Session(self, answer)

    def wait_for_seat(self, path: str) -> None:
        """Sit in the waiting room until it says that there is a seat."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)
        parts = urlsplit(self.url)
        url = f"{self.url}/berth/waiting/ws?{urlencode({'next': path})}".replace("http", "ws", 1)
        origin = f"{parts.scheme}://{parts.netloc}"
        room = websocket.create_connection(url, cookie=cookies, origin=origin, timeout=45)
        while '"go"' not in room.recv():
            pass
        room.close()


class Session:
    """A dashboard's session in one tab. ``seen`` is all that arrived while ``wait`` was waiting."""

    def __init__(self, browser: Browser, answer: requests.Response) -> None:
        self.browser = browser
        self.html = answer.text
        self.url = answer.url.partition("?")[0]
        found = re.search(r'"token":"([^"]+)"', answer.text)
        assert found, answer.text[:500]
        self.token = found.group(1)
        page = re.search(r'data-page="(\w+)"', answer.text)
        self.page = page.group(1) if page else ""
        self._ids = itertools.count(1)
        self.models: dict[str, dict[str, Any]] = {}
        self.seen = ""
        self.connect()

    def connect(self) -> None:
        """Open the WebSocket and pull the document."""
        self.socket = connect(self.browser, self.url, self.token)
        self._deadline = time.perf_counter() + 30
        assert self._read()[0]["msgtype"] == "ACK"
        pulled = self._send("PULL-DOC-REQ", {})
        content = self._until("PULL-DOC-REPLY", pulled)
        self.models = {}
        _collect(content["doc"], self.models)
        ready = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": _event("document_ready")}
        self._ready = self._patch(ready)

    def confirmed(self) -> None:
        """Wait until the server confirms that the document is there: from then on ``onload`` runs."""
        self._until("OK", self._ready)

    def find(self, **attributes: Any) -> str:
        """Return the id of the model that has these attributes."""
        for model in self.models.values():
            if all(model.get("attributes", {}).get(name) == value for name, value in attributes.items()):
                return str(model["id"])
        raise AssertionError(
            f"no model with {attributes}: {[m.get('attributes', {}).get('label') for m in self.models.values()]}"
        )

    def click(self, label: str) -> None:
        """Press the button with this label."""
        event = _event("button_click", [["model", {"id": self.find(label=label)}]])
        self._patch({"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event})

    def set(self, value: Any, **attributes: Any) -> None:
        """Set the value of the widget that has these attributes."""
        self._patch({"kind": "ModelChanged", "model": {"id": self.find(**attributes)}, "attr": "value", "new": value})

    def wait(self, text: str, timeout: float = 30.0) -> float:
        """Wait until ``text`` arrives in a patch; returns how long it took (s)."""
        start = time.perf_counter()
        self._deadline = start + timeout
        while True:
            try:
                _, content = self._read()
            except TimeoutError:
                raise AssertionError(f"{text!r} did not arrive") from None
            said = json.dumps(content)
            self.seen += said
            if text in said:
                return time.perf_counter() - start

    def click_and_wait(self, label: str, text: str, timeout: float = 30.0) -> float:
        """Press a button and wait for a text; returns how long it took (s)."""
        start = time.perf_counter()
        self.click(label)
        self.wait(text, timeout)
        return time.perf_counter() - start

    def leave(self) -> None:
        """Leave the page as a browser does: beacon, then close."""
        prefix = urlsplit(self.browser.url).path
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.browser.url))
        self.browser.http.post(
            f"{origin}{prefix}/berth/left", data={"page": self.page}, headers={"Origin": origin}, timeout=10
        )
        self.socket.close()

    def close(self) -> None:
        """Cut the connection without a word."""
        self.socket.close()

    def _send(self, kind: str, content: dict[str, Any]) -> str:
        number = str(next(self._ids))
        for part in ({"msgid": number, "msgtype": kind}, {}, content):
            self.socket.send(json.dumps(part))
        return number

    def _patch(self, *events: dict[str, Any]) -> str:
        return self._send("PATCH-DOC", {"events": list(events)})

    def _read(self) -> tuple[dict[str, Any], dict[str, Any]]:
        header = json.loads(self._frame())
        self._frame()
        content = json.loads(self._frame())
        for _ in range(2 * header.get("num_buffers", 0)):
            self._frame()
        return header, content

    def _frame(self) -> bytes:
        """Return the next data frame. Raises TimeoutError at the deadline, however many pings come."""
        while (left := self._deadline - time.perf_counter()) > 0:
            self.socket.settimeout(left)
            try:
                kind, data = self.socket.recv_data(control_frame=True)
            except websocket.WebSocketTimeoutException:
                break
            if kind == websocket.ABNF.OPCODE_CLOSE:
                raise websocket.WebSocketConnectionClosedException("closed by the server")
            if kind in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                return bytes(data)
        raise TimeoutError

    def _until(self, kind: str, request: str) -> dict[str, Any]:
        while True:
            header, content = self._read()
            if header["msgtype"] == kind and header.get("reqid") == request:
                return content


def connect(browser: Browser, page_url: str, token: str, origin: str | None = None) -> websocket.WebSocket:
    """Open a page's WebSocket; raises websocket.WebSocketBadStatusException for a refusal."""
    parts = urlsplit(page_url)
    url = urljoin(page_url + "/", "ws").replace("http", "ws", 1)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.http.cookies)
    return websocket.create_connection(
        url,
        subprotocols=["bokeh", token],
        cookie=cookies,
        origin=origin or f"{parts.scheme}://{parts.netloc}",
        timeout=30,
        enable_multithread=True,
        sockopt=[(6, 1, 1)],
    )


def _event(name: str, entries: list[Any] | None = None) -> dict[str, Any]:
    return {"type": "event", "name": name, "values": {"type": "map", "entries": entries or []}}


def _collect(node: Any, models: dict[str, dict[str, Any]]) -> None:
    if isinstance(node, dict):
        if node.get("type") == "object" and "id" in node:
            models[node["id"]] = node
        for value in node.values():
            _collect(value, models)
    elif isinstance(node, list):
        for value in node:
            _collect(value, models)
