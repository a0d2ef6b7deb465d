"""A visitor: somebody with a browser who logs in, waits for a seat and opens pages."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode, urljoin, urlsplit

import websocket

from loadtests.browser import Browser, Limits
from loadtests.connection import LimitedSocket
from loadtests.page import Page
from loadtests.steps import Diary, Recorder, StepFailed
from loadtests.tab import Tab

ROOM_PAUSE = 0.25
"""Seconds before a waiting page whose connection ended opens it again."""

ROOM_MESSAGE = 2**16
"""Bytes of what a waiting room says at most."""


class Visitor:
    """One person with one browser.

    ``url`` is where the system is; ``credentials`` are ``user:password``, or
    empty where nobody logs in. Each step goes to ``recorder`` as one of
    ``persona``. All methods raise StepFailed when the system does not do its part.
    """

    def __init__(
        self,
        url: str,
        recorder: Recorder,
        name: str = "visitor",
        persona: str = "visitor",
        credentials: str = "",
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.browser = Browser(url, self.limits)
        self.diary = Diary(recorder, name, persona)
        self.name = name
        self.tabs: list[Tab] = []
        self._credentials = credentials

    def open(self, path: str = "/") -> Tab:
        """Open a dashboard in a new tab: log in if asked, wait for a seat, load files, connect, get the document."""
        with self.diary.step("open") as timer:
            page = self._seated(path)
            with self.diary.step("static files") as loading:
                loading.size = self.browser.load(page).size
            tab = Tab(self.browser, self.diary, page, path)
            timer.ended = tab.connect()
        self.tabs.append(tab)
        return tab

    def close(self) -> None:
        """Cut all connections, without a word to the server."""
        for tab in self.tabs:
            tab.cut()
        self.tabs.clear()
        self.browser.close()

    def _seated(self, path: str) -> Page:
        """Return the dashboard's page, after log-in and waiting room."""
        with self.diary.step("seat"):
            with self.diary.step("page") as timer:
                page = self.browser.visit(self.browser.url + path)
                timer.size = len(page.text)
            if "password" in page.fields:
                page = self._log_in(page, path)
            if page.room:
                page = self._wait(page)
        if not page.token:
            raise StepFailed(f"{urlsplit(page.url).path} is no dashboard of Panel; it says: {page.excerpt}")
        return page

    def _log_in(self, form: Page, path: str) -> Page:
        user, _, password = self._credentials.partition(":")
        if not password:
            raise StepFailed("the system asks for a log-in, and this visitor has no credentials (user:password)")
        with self.diary.step("log in"):
            fields = {**form.fields, "username": user, "password": password}
            page = self.browser.visit(urljoin(form.url, "login"), {"next": path, **fields})
            if "password" in page.fields:
                raise StepFailed(f"the log-in of {user!r} was refused: {page.excerpt}")
        return page if page.token or page.room else self.browser.visit(self.browser.url + path)

    def _wait(self, room: Page) -> Page:
        """Sit in the waiting room until it says that there is a seat, and return the dashboard's page."""
        with self.diary.step("waiting room"):
            deadline = time.monotonic() + self.limits.waiting
            while room.room:
                target = self._called(room, deadline)
                door = f"{urljoin(room.url, room.room['door'])}?{urlencode({'next': target})}"
                room = self.browser.visit(door)
        return room

    def _called(self, room: Page, deadline: float) -> str:
        """Return where the waiting room sends this visitor. A connection that ends is opened again."""
        time.sleep(float(room.room.get("pause") or 0))
        stamp = room.room.get("stamp", "")
        while True:
            try:
                return self._listen(room, stamp, deadline)
            except websocket.WebSocketConnectionClosedException:
                time.sleep(ROOM_PAUSE)

    def _listen(self, room: Page, stamp: str, deadline: float) -> str:
        query = urlencode({"next": room.room.get("next", "/"), "stamp": stamp})
        url = f"{urljoin(room.url, room.room['socket'])}?{query}".replace("http", "ws", 1)
        socket = LimitedSocket(ROOM_MESSAGE)
        try:
            socket.connect(url, cookie=self.browser.cookies, origin=room.origin, timeout=self.limits.step)
            while True:
                socket.settimeout(max(deadline - time.monotonic(), 0.001))
                news = _news(socket.recv())
                if news.get("go"):
                    return str(news["go"])
                if isinstance(news.get("place"), int):
                    self.diary.recorder.place(self.name, int(str(news["place"])))
        except websocket.WebSocketTimeoutException:
            raise StepFailed(f"no seat came in {self.limits.waiting:.0f} s") from None
        finally:
            socket.shutdown()


def _news(text: str | bytes) -> dict[str, object]:
    """Read what a waiting room says. An empty text is the end of the connection."""
    if not text:
        raise websocket.WebSocketConnectionClosedException("the waiting room closed the connection")
    try:
        news = json.loads(text)
    except ValueError:
        news = None
    if not isinstance(news, dict):
        raise StepFailed(f"the waiting room said {text[:80]!r}")
    return news
