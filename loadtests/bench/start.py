"""From the command to the first page, and from the fork of a fresh berth until it is ready."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from statistics import median

import requests

from loadtests.bench.figures import Bound, Measured, Row, Try, compared
from loadtests.bench.progress import Progress
from loadtests.bench.servers import APPS, BERTH, NAMES, STOCK, BerthUp, Server, server
from loadtests.bench.timing import opened, timed

SCRIPT = APPS / "click.py"
PATH = "/click"

FORKS = 5
"""Visitors who come one after the other to each `berth up`, so that so many berths are forked afresh."""

FORK = 60.0
"""Milliseconds that a fork may take beyond the script's own time."""


def measure(tries: int, progress: Progress) -> Iterator[Row]:
    """Yield a row for the start of the system and one for a fresh berth."""
    starts: list[dict[str, list[float]]] = []
    forks: list[float] = []
    own: list[float] = []
    for number in range(tries):
        starts.append({})
        for name in NAMES:
            progress.step(f"{name}, try {number + 1} of {tries}")
            began = time.perf_counter()
            with server(name, SCRIPT, BERTH_SEAT_GRACE=0.1) as running:
                running.leave(opened(running.visitor(), PATH)[0])
                starts[-1][name] = [time.perf_counter() - began]
                if isinstance(running, BerthUp):
                    forks.append(_fork(running))
                if name == STOCK:
                    own.append(_script(running))
    yield Row("from the command to the first page", "s", STOCK, compared(starts, STOCK), Bound("value", 5))
    pairs = zip(forks, starts, strict=True)
    fresh = tuple(Try((fork,), (1000 * started[STOCK][0],)) for fork, started in pairs)
    bound = Bound("value", round(FORK + median(own)))
    yield Row("a fresh berth, from fork to ready", "ms", f"start of {STOCK}", (Measured(BERTH, fresh),), bound)


def _fork(running: BerthUp) -> float:
    """Return how long it takes on average until a berth that was forked after another was taken is ready (ms)."""
    running.settle(0)
    count, seconds = _starts(running)
    for _ in range(FORKS):
        running.leave(opened(running.visitor(), PATH)[0])
        running.settle(0)
    more, later = _starts(running)
    return 1000 * (later - seconds) / (more - count)


def _starts(running: BerthUp) -> tuple[float, float]:
    """Return how many berths have started and how long that took in all (s)."""
    text = requests.get(f"http://127.0.0.1:{running.system.operations_port}/metrics", timeout=3).text
    found = {name: float(number) for name, number in re.findall(r"^berth_start_seconds_(\w+) (\S+)$", text, re.M)}
    return found["count"], found["sum"]


def _script(running: Server) -> float:
    """Return how long the script takes (ms): the time until its page is there, over an open connection."""
    browser = running.visitor()
    return 1000 * median(timed(lambda: browser.page(PATH)) for _ in range(FORKS))
