"""Visitors of a release, many at the same time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.e2e.release import Release
from tests.support.client import Browser, Session


@dataclass
class Visitor:
    """Somebody with an open dashboard; ``seated`` is how long (s) it took from the login to the open page."""

    user: str
    browser: Browser
    session: Session
    seated: float

    def works(self) -> bool:
        """Whether the session answers: a quick task ends, and its number says that it is the same session."""
        before = self.done
        self.session.click_and_wait("Quick", f"quick task {before + 1} done", 60)
        self.done = before + 1
        return True

    done: int = 0


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
