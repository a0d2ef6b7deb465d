"""Visitors of a release, many at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import jwt
from websocket import WebSocketException

from tests.e2e.release import Release
from tests.support.client import Browser, Session


@dataclass
class Visitor:
    """Somebody with an open dashboard; ``seated`` is how long (s) it took from the login to the open page."""

    user: str
    browser: Browser
    session: Session
    seated: float

    done: int = 0
    gaps: list[float] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The visitor's id, as the supervisors know it."""
        cookie = next(cookie.value for cookie in self.browser.http.cookies if cookie.name == "visitor")
        return str(jwt.decode(cookie or "", options={"verify_signature": False})["id"])

    def pod(self, release: Release) -> str:
        """The pod in which the visitor sits."""
        return next(name for name, who in release.seats().items() if self.id in who)

    def works(self) -> bool:
        """Whether the session answers: a quick task ends, and its number says that it is the same session."""
        before = self.done
        self.session.click_and_wait("Quick", f"quick task {before + 1} done", 60)
        self.done = before + 1
        return True

    @contextmanager
    def staying(self) -> Iterator[None]:
        """Come back whenever the connection is cut, as the page does; ``gaps`` tells how long (s) that took."""
        leaving = threading.Event()
        thread = threading.Thread(target=self._stay, args=(leaving,), daemon=True)
        thread.start()
        yield
        leaving.set()
        thread.join(60)
        assert not thread.is_alive()

    def _stay(self, leaving: threading.Event) -> None:
        while not leaving.is_set():
            try:
                self.session.wait("nothing that ever comes", 0.5)
            except AssertionError:
                continue
            except (WebSocketException, OSError):
                self._come_back()

    def _come_back(self) -> None:
        began = time.monotonic()
        while time.monotonic() - began < 30:
            try:
                self.session.connect()
            except (WebSocketException, OSError, AssertionError):
                time.sleep(0.05)
            else:
                self.gaps.append(time.monotonic() - began)
                return


def arrive(release: Release, users: Sequence[str], path: str = "/lock") -> list[Visitor]:
    """Let all of them log in at the same moment, and return them when all are seated."""
    with ThreadPoolExecutor(len(users)) as pool:
        return list(pool.map(lambda user: _arrive(release, user, path), users))


def _arrive(release: Release, user: str, path: str) -> Visitor:
    began = time.monotonic()
    browser = release.browser(user)
    session = browser.open(path)
    session.confirmed()
    return Visitor(user, browser, session, time.monotonic() - began)


def leave(visitors: Sequence[Visitor]) -> None:
    """Close the pages, as browsers do."""
    for visitor in visitors:
        visitor.session.leave()
