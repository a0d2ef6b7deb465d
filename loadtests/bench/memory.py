"""Memory of one more visitor, of a plain page and of an app with a table of 500 MB.

PSS counts a page of memory that n processes share as 1/n in each of them, so
that the sum over all processes is what the system takes. USS counts what is in
one process alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from loadtests.bench.figures import Bound, Measured, Row, single
from loadtests.bench.progress import Progress
from loadtests.bench.servers import APPS, BERTH, NAMES, STOCK, Server, server
from tests.support.client import Session

VISITORS = 6
"""Visitors who come. Each keeps a page open."""

FIRST = 8
"""Pages that are opened at once beforehand, so that every process has run the script."""

OWN = "a `panel serve` of one's own"
BERTH_TITLE = re.compile(r"berth-\d")
"""What a berth calls itself in lists of processes."""

PLAIN = "a plain page"
TABLE = "a table of 500 MB"
UNSHARED = "a table of 500 MB, not preloaded"

PRELOADED = {"BERTH_PRELOAD": "table", "PYTHONPATH": APPS}
"""How the module beside the script is named to Berth, and found."""


@dataclass(frozen=True)
class Usage:
    """Memory of all processes of a server (MiB)."""

    shared: float
    private: float

    @classmethod
    def of(cls, server: Server) -> Usage:
        """Look at all processes now."""
        found = [_memory(process) for process in server.processes()]
        return cls(sum(one[0] for one in found), sum(one[1] for one in found))


@dataclass(frozen=True)
class Growth:
    """Memory of a server before and after visitors came, and of each of its spare berths (MiB)."""

    before: Usage
    after: Usage
    spares: tuple[float, ...]

    @property
    def shared(self) -> float:
        """PSS of one more visitor."""
        return (self.after.shared - self.before.shared) / VISITORS

    @property
    def private(self) -> float:
        """USS of one more visitor."""
        return (self.after.private - self.before.private) / VISITORS


def measure(tries: int, progress: Progress) -> Iterator[Row]:
    """Yield the rows of both apps. The servers run one after the other, since PSS depends on who else runs."""
    plain = {name: _grow(name, APPS / "click.py", progress) for name in NAMES}
    own = plain[STOCK].before.shared
    yield from _rows(PLAIN, plain, own, Bound("value", 40))
    yield Row("a spare berth", "MiB", OWN, (single(BERTH, median(plain[BERTH].spares), own),))
    table = {name: _grow(name, APPS / "sums.py", progress, **PRELOADED) for name in NAMES}
    yield from _rows(TABLE, table, table[STOCK].before.shared, Bound("value", 70))
    unshared = _grow(BERTH, APPS / "sums.py", progress)
    yield from _rows(UNSHARED, {BERTH: unshared}, table[STOCK].before.shared, None)


def _rows(app: str, found: dict[str, Growth], own: float, bound: Bound | None) -> Iterator[Row]:
    def measured(what: str) -> tuple[Measured, ...]:
        return tuple(single(name, getattr(growth, what), own) for name, growth in found.items())

    yield Row(f"one more visitor of {app} (PSS)", "MiB", OWN, measured("shared"), bound)
    yield Row(f"of it private (USS): {app}", "MiB", OWN, measured("private"))
    totals = tuple(single(name, growth.after.shared, own) for name, growth in found.items())
    yield Row(f"the whole system with {VISITORS} more visitors of {app} (PSS)", "MiB", OWN, totals)


def _grow(name: str, script: Path, progress: Progress, **settings: Any) -> Growth:
    """Start a server, let visitors come, and return what they took."""
    progress.step(f"{script.stem}, {name}")
    path = f"/{script.stem}"
    with server(name, script, BERTH_SEAT_GRACE=0.1, **settings) as running:
        _prepare(running, path)
        before, spares = Usage.of(running), _spares(running)
        sessions = [running.visitor(f"user{number}").open(path) for number in range(VISITORS)]
        for session in sessions:
            session.confirmed()
        running.settle(VISITORS)
        after = Usage.of(running)
        for session in sessions:
            running.leave(session)
    return Growth(before, after, spares)


def _prepare(running: Server, path: str) -> None:
    """Have every process run the script, and the router and the lobby do all that they do."""

    def visit(number: int) -> Session:
        session = running.visitor(f"user{20 + number}").open(path)
        session.confirmed()
        return session

    count = 1 if running.name == BERTH else FIRST
    with ThreadPoolExecutor(count) as pool:
        sessions = list(pool.map(visit, range(count)))
    for session in sessions:
        running.leave(session)
    running.settle(0)


def _spares(running: Server) -> tuple[float, ...]:
    """Return the memory of the processes that are berths (MiB)."""
    berths = [process for process in running.processes() if BERTH_TITLE.match(" ".join(process.cmdline()))]
    return tuple(_memory(process)[0] for process in berths)


def _memory(process: psutil.Process) -> tuple[float, float]:
    """Return PSS and USS (MiB); nothing of a process that has just ended."""
    try:
        found = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0.0, 0.0
    return found.pss / 2**20, found.uss / 2**20
