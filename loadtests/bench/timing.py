"""How long visitors wait for pages and answers, and how many samples fit into a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from loadtests.bench.servers import Server
from tests.support.client import Browser, Session

REST = 0.15
"""Seconds after a page was left in which the server forgets its session, without the next page waiting for that."""

BURST = 8
"""Samples that are taken at most in one go."""


def timed(action: Callable[[], object]) -> float:
    """Return how long ``action`` takes (s)."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def opened(browser: Browser, path: str) -> tuple[Session, float]:
    """Open a page over a connection of its own; return it and the time until the server confirms the document (s)."""
    browser.http.close()
    start = time.perf_counter()
    session = browser.open(path)
    session.confirmed()
    return session, time.perf_counter() - start


def opening(server: Server, browser: Browser, path: str) -> float:
    """Open a page, leave it, and return how long opening took (s)."""
    session, took = opened(browser, path)
    server.leave(session)
    time.sleep(REST)
    return took


def burst(action: Callable[[], float], until: float) -> list[float]:
    """Repeat ``action`` as long as it will probably end before ``until`` (of time.perf_counter), but once at least."""
    samples = [action()]
    while len(samples) < BURST and time.perf_counter() + 1.2 * samples[-1] < until:
        samples.append(action())
    return samples
