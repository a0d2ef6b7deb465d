"""A tab: one page of a dashboard with its session, and what a person does in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from loadtests.browser import Browser
from loadtests.connection import Connection
from loadtests.document import Document, Model
from loadtests.expectations import Board, Expectation, Greeting, Reply, State, Text
from loadtests.page import Page
from loadtests.protocol import Message, ProtocolError, Requests, happened
from loadtests.steps import FAILURES, ConnectionLost, Diary, Timer, Work
from loadtests.widgets import find

T = TypeVar("T")

Until = str | Callable[[Document], bool] | Expectation
"""What ends a step: a regular expression for a text, something that is true of the document, or an expectation."""

RETRY = 0.25
"""Seconds between two tries to connect again."""

TIDY = 5000
"""Models after so many new ones of which those are dropped that no longer hang on the page."""


class Tab:
    """A page that is open. ``lost`` says why its connection ended, and is empty while it stands."""

    def __init__(self, browser: Browser, diary: Diary, page: Page, path: str) -> None:
        self.browser = browser
        self.diary = diary
        self.page = page
        self.path = path
        self.document = Document()
        self.lost = ""
        self.lost_at = 0.0
        self._life: Timer | None = Timer()
        self._requests = Requests()
        self._lock = threading.Lock()
        self._tidy_at = TIDY

    def connect(self) -> float:
        """Open the session's WebSocket and get its document; return when that was confirmed (of time.perf_counter)."""
        try:
            with self.diary.step("WebSocket"):
                self._open()
            with self.diary.step("document") as timer:
                timer.ended, timer.size = self._pull()
        except BaseException as error:
            # Nobody else knows of this connection yet, whatever ends the visitor here.
            self.cut()
            if isinstance(error, FAILURES):
                self._end_life(str(error))
            raise
        return timer.ended

    def find(self, label: str | None = None, type: str | None = None, tag: str | None = None) -> Model:
        """Return the first model that has all that is given. Raises LookupError, which lists what there is."""
        with self._lock:
            return self.document.find(label, type, tag)

    def look(self, at: Callable[[Document], T]) -> T:
        """Return what ``at`` makes of the document, which does not change meanwhile."""
        with self._lock:
            return at(self.document)

    def click(self, label: str, until: Until | None = None, work: Work = "", timeout: float = 0.0) -> float:
        """Press what has this label, a button or one of several options; return how long it took (s).

        That is until a change shows a text that fits ``until`` (a regular
        expression), or makes it true of the document, or else until the server
        has dealt with the click. ``timeout`` (s) is the visitor's limit if 0.
        """
        with self.diary.step(f"click {label}", work, timeout) as timer:
            events = self.look(lambda document: find(document, label).press(label))
            timer.ended = self._act(events, f"the click on {label!r}", until, timeout)
        return timer.seconds

    def set(
        self,
        label: str,
        value: Any,
        until: Until | None = None,
        work: Work = "",
        timeout: float = 0.0,
    ) -> float:
        """Give the widget with this label a value; otherwise as ``click``.

        Where it has options, what a person reads stands for the value. A
        function gets the widget and returns the value.
        """

        def put(document: Document) -> list[dict[str, Any]]:
            widget = find(document, label)
            return widget.put(value(widget) if callable(value) else widget.option(value))

        with self.diary.step(f"set {label}", work, timeout) as timer:
            timer.ended = self._act(self.look(put), f"the new value of {label!r}", until, timeout)
        return timer.seconds

    def wait(self, until: Until, name: str = "wait", timeout: float = 0.0) -> float:
        """Wait until a change shows a text or makes something true; return how long that took (s)."""
        with self.diary.step(name, limit=timeout) as timer:
            expected = _expected(until)
            self._board.expect(expected)
            try:
                timer.ended = self._board.wait(expected, until=self._deadline(timeout))
            finally:
                self._board.forget(expected)
        return timer.seconds

    def tell(self, *events: dict[str, Any], what: str, until: Expectation | None = None, timeout: float = 0.0) -> float:
        """Send events of the protocol; return when the server had dealt with them, or ``until`` was met.

        That is of time.perf_counter. ``what`` names them for errors; no step is recorded.
        """
        number, frames = self._requests.patch(*events)
        reply = Reply(number, what)
        awaited = until or reply
        self._board.expect(*{reply, awaited})
        try:
            self._connection.send(frames)
            return self._board.wait(awaited, until=self._deadline(timeout))
        finally:
            self._board.forget(reply, awaited)

    @contextmanager
    def watching(self, expected: Expectation) -> Iterator[None]:
        """Show it all that the server says meanwhile."""
        self._board.expect(expected)
        try:
            yield
        finally:
            self._board.forget(expected)

    def leave(self) -> None:
        """Close the tab as a browser does: Berth's page says so, the WebSocket is closed."""
        with self.diary.step("leave"):
            self._say_left()
        self._connection.close()
        self._end_life("")

    def cut(self) -> None:
        """Have the network fail: the connection ends without a word. ``reconnect`` may follow."""
        self._connection.cut()

    def forsake(self) -> None:
        """Never come back, and say nothing: the browser was killed, the battery is empty."""
        self._connection.cut()
        self._end_life("")

    def reconnect(self, within: float = 30.0) -> float:
        """Connect to the same session again, trying for so many seconds; return how long it took since it was lost.

        Raises ConnectionLost when the session is gone, or another one answers in its place.
        """
        with self.diary.step("reconnect", limit=within) as timer:
            timer.began = self.lost_at or timer.began
            roots = list(self.document.roots)
            timer.ended = self._again(time.perf_counter() + within)
            if self.document.roots != roots:
                self._end_life("after the reconnection the session was a new one")
                raise ConnectionLost("after the reconnection the session was a new one")
        self.lost, self.lost_at = "", 0.0
        return timer.seconds

    def give_up(self, reason: str) -> None:
        """Note that the session is lost."""
        self._connection.cut()
        self._end_life(reason)

    def _again(self, deadline: float) -> float:
        while True:
            self._connection.cut()
            try:
                self._open()
                return self._pull()[0]
            except FAILURES as error:
                if time.perf_counter() + RETRY > deadline:
                    self._end_life(str(error))
                    raise ConnectionLost(f"the session is gone: {error}") from error
            time.sleep(RETRY)

    def _open(self) -> None:
        limits = self.browser.limits
        self._board = Board()
        self._connection = Connection(self._hear, self._ended, limits.size)
        greeting = Greeting()
        self._board.expect(greeting)
        page = self.page
        self._connection.open(page.socket, page.token, self.browser.cookies, page.origin, limits.step)
        self._board.wait(greeting, until=self._deadline())

    def _pull(self) -> tuple[float, int]:
        """Get the document and say that it is there; return when the server had heard that, and the document's size."""
        number, frames = self._requests.pull()
        reply = Reply(number, "the request for the document")
        self._board.expect(reply)
        self._connection.send(frames)
        self._board.wait(reply, until=self._deadline())
        self._board.forget(reply)
        assert reply.message
        if reply.message.kind != "PULL-DOC-REPLY":
            raise ProtocolError(f"the server answered {reply.message.kind!r} to the request for the document")
        at = self._act([happened("document_ready")], "the word that the document is there", None, 0.0)
        return at, reply.message.size

    def _act(self, events: list[dict[str, Any]], what: str, until: Until | None, timeout: float) -> float:
        return self.tell(*events, what=what, until=None if until is None else _expected(until), timeout=timeout)

    def _hear(self, message: Message, at: float) -> None:
        with self._lock:
            texts = self._take(message)
        self._board.hear(message, texts, self.document, at)

    def _take(self, message: Message) -> list[str]:
        if message.kind == "PULL-DOC-REPLY":
            self.document.load(message.content)
        if message.kind != "PATCH-DOC":
            return []
        texts = self.document.patch(message.content)
        if len(self.document.models) > self._tidy_at:
            self.document.forget_unreachable()
            self._tidy_at = len(self.document.models) + TIDY
        return texts

    def _ended(self, reason: str) -> None:
        self.lost, self.lost_at = reason, time.perf_counter()
        self._board.end(reason)

    def _deadline(self, timeout: float = 0.0) -> float:
        return time.perf_counter() + (timeout or self.browser.limits.step)

    def _say_left(self) -> None:
        if self.page.number:
            self.browser.send(f"{self.browser.url}/berth/left", {"page": self.page.number}, self.page.origin)

    def _end_life(self, reason: str) -> None:
        """Record the session, once."""
        life, self._life = self._life, None
        if life:
            self.diary.write(life, "session", error=reason)


def _expected(until: Until) -> Expectation:
    if isinstance(until, Expectation):
        return until
    return Text(until) if isinstance(until, str) else State(until, "the change that was waited for")
