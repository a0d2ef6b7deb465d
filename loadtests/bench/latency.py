"""A click to its answer, and opening a page, with nobody else there."""

from __future__ import annotations

from collections.abc import Iterator

from loadtests.bench.figures import Bound, Row, compared
from loadtests.bench.progress import Progress
from loadtests.bench.servers import APPS, STOCK, Server, serving
from loadtests.bench.timing import opened, opening
from tests.support.client import Browser

CLICKS = 30
"""Clicks in one page, one after the other, before the next server's turn."""

OPENS = 5
"""Pages that are opened in each server's turn."""

PATH = "/click"

Samples = dict[str, list[float]]


def measure(tries: int, progress: Progress) -> Iterator[Row]:
    """Yield a row for clicks and one for pages."""
    clicks: list[Samples] = []
    opens: list[Samples] = []
    with serving(APPS / "click.py") as servers:
        visitors = {name: server.visitor() for name, server in servers.items()}
        for name, server in servers.items():
            opening(server, visitors[name], PATH)
        for number in range(tries):
            progress.step(f"try {number + 1} of {tries}")
            clicks.append({name: _clicks(servers[name], visitors[name]) for name in servers})
            opens.append({name: _opens(servers[name], visitors[name]) for name in servers})
    yield Row("click to its answer", "ms", STOCK, compared(clicks, STOCK), Bound("ratio", 0.143))
    yield Row("opening a page", "ms", STOCK, compared(opens, STOCK), Bound("ratio", 0.4))


def _clicks(server: Server, browser: Browser) -> list[float]:
    """Return how long each click took (ms)."""
    session, _ = opened(browser, PATH)
    took = [1000 * session.click_and_wait("Click", f"click {number}.") for number in range(1, CLICKS + 1)]
    server.leave(session)
    return took


def _opens(server: Server, browser: Browser) -> list[float]:
    return [1000 * opening(server, browser, PATH) for _ in range(OPENS)]
