"""What a system costs while nobody is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from loadtests.bench.figures import Bound, Row, single
from loadtests.bench.progress import Progress
from loadtests.bench.servers import APPS, serving

SECONDS = 20.0
"""How long all servers are watched at the same time."""

CORE = 100.0
"""Per cent."""

CALM = 3.0
"""Seconds after the start in which nobody looks."""


def measure(tries: int, progress: Progress) -> Iterator[Row]:
    """Yield one row. It is a mean over a time already, so there is one try."""
    with serving(APPS / "click.py", BERTH_SPARE=2) as servers:
        for server in servers.values():
            server.settle(0)
        time.sleep(CALM)
        processes = {name: server.processes() for name, server in servers.items()}
        before = {name: _cpu(each) for name, each in processes.items()}
        time.sleep(SECONDS)
        shares = {name: CORE * (_cpu(each) - before[name]) / SECONDS for name, each in processes.items()}
    measured = tuple(single(name, share, CORE) for name, share in shares.items())
    yield Row("processor's time, with two spare berths", "%", "a core", measured, Bound("value", 2))


def _cpu(processes: list[psutil.Process]) -> float:
    """Return the time (s) for which all threads have run, to the nanosecond, as ``cpu_times`` is not."""
    total = 0
    for process in processes:
        for thread in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
            with suppress(OSError):
                total += int(thread.read_text().split()[0])
    return total / 1e9
