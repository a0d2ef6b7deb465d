"""A quick task and opening a page, alone and beside a neighbour whose heavy task runs meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from loadtests.bench.figures import Bound, Measured, Row, Try
from loadtests.bench.progress import Progress
from loadtests.bench.servers import APPS, PROCS, Server, serving
from loadtests.bench.timing import burst, opened, opening, timed
from tests.support.client import Browser, Session

QUICK, HEAVY = 0.3, 1.5
"""Seconds that the two tasks take alone."""

LEAD = 0.25
"""Seconds by which the heavy task is ahead."""

ALONE = 0.7
"""Seconds for which each try takes samples alone."""

LONGEST = 60.0
"""Seconds after which a task is given up."""


@dataclass(frozen=True)
class Kind:
    """One app. ``computes``: it needs a core, so that it competes for the machine with whoever computes, too."""

    name: str
    words: str
    computes: bool = False

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"/{self.name}"


KINDS = (
    Kind("lock", "a lock of the class"),
    Kind("blocking", "a blocking `async def`"),
    Kind("loop", "a pure-Python loop", computes=True),
    Kind("native", "C code that holds the GIL", computes=True),
    Kind("sleep", "`time.sleep`"),
    Kind("polite", "well-behaved async"),
)

TASK = "quick task"
OPEN = "opening a page"


@dataclass(frozen=True)
class Pair:
    """Two visitors of one server."""

    server: Server
    me: Browser
    neighbour: Browser


def measure(tries: int, progress: Progress) -> Iterator[Row]:
    """Yield a row about tasks for every kind of app, and then one about pages."""
    scripts = [APPS / f"{kind.name}.py" for kind in KINDS]
    tasks = f"{QUICK},{HEAVY}"
    settings: dict[str, Any] = {"LOCK_APP_SECONDS": tasks, "TASK_SECONDS": tasks, **rates(), "BERTH_SEAT_GRACE": 600}
    with serving(*scripts, **settings) as servers:
        pairs = [Pair(server, server.visitor("bob"), server.visitor("alice")) for server in servers.values()]
        rows = [row for kind in KINDS for row in _rows(kind, pairs, tries, progress)]
    yield from sorted(rows, key=lambda row: row.what.startswith(OPEN))


def _rows(kind: Kind, pairs: list[Pair], tries: int, progress: Progress) -> Iterator[Row]:
    found: dict[str, dict[str, list[Try]]] = {what: {pair.server.name: [] for pair in pairs} for what in (TASK, OPEN)}
    for pair in pairs:
        opening(pair.server, pair.me, kind.path)
    for number in range(tries):
        for pair in pairs:
            progress.step(f"{kind.name}, try {number + 1} of {tries}")
            found[TASK][pair.server.name].append(quick_task(pair, kind.path))
            found[OPEN][pair.server.name].append(open_page(pair, kind.path))
    for what, bound in ((TASK, _task_bound(kind)), (OPEN, _open_bound(kind))):
        measured = tuple(Measured(name, tuple(each)) for name, each in found[what].items())
        yield Row(f"{what} beside {kind.words}", "s", "alone", measured, bound, counted=True, chance=PROCS)


def _task_bound(kind: Kind) -> Bound:
    return Bound("ratio", 1.5) if kind.computes else Bound("largest", 1.05)


def _open_bound(kind: Kind) -> Bound:
    return Bound("ratio", 1.5) if kind.computes else Bound("largest", 1.3)


def quick_task(pair: Pair, path: str) -> Try:
    """Do quick tasks in a page, alone and then beside the neighbour's heavy one."""
    mine, _ = opened(pair.me, path)
    found = _alone_and_beside(pair, path, quick_tasks(mine))
    pair.server.leave(mine)
    return found


def open_page(pair: Pair, path: str) -> Try:
    """Open pages, alone and then beside the neighbour's heavy task."""
    return _alone_and_beside(pair, path, lambda: opening(pair.server, pair.me, path))


def _alone_and_beside(pair: Pair, path: str, action: Callable[[], float]) -> Try:
    """Repeat ``action``, which returns how long it took, while the neighbour rests and while they compute."""
    neighbour, _ = opened(pair.neighbour, path)
    # The same rest before both: what follows a rest takes longer.
    time.sleep(LEAD)
    alone = burst(action, time.perf_counter() + ALONE)
    neighbour.click("Heavy")
    until = time.perf_counter() + HEAVY
    time.sleep(LEAD)
    beside = burst(action, until)
    neighbour.wait("heavy task 1 done", LONGEST)
    pair.server.leave(neighbour)
    return Try(tuple(beside), tuple(alone))


def quick_tasks(session: Session) -> Callable[[], float]:
    """Return a function that does the next quick task of a fresh page and returns how long it took (s)."""
    done = 0

    def task() -> float:
        nonlocal done
        done += 1
        return session.click_and_wait("Quick", f"quick task {done} done", LONGEST)

    return task


def rates() -> dict[str, str]:
    """Return how many rounds of both computing apps this machine does in a second, as their variables."""

    def loop() -> None:
        number = 1
        for _ in range(2_000_000):
            number = number * 31 % 1000003

    def native() -> None:
        sum(range(6_000_000))

    return {
        "LOOP_RATE": f"{2_000_000 / median(timed(loop) for _ in range(5)):.0f}",
        "NATIVE_RATE": f"{6_000_000 / median(timed(native) for _ in range(5)):.0f}",
    }
