"""How long a newcomer, who has logged in, waits for a seat and the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from loadtests.bench.figures import Bound, Measured, Row, compared
from loadtests.bench.progress import Progress
from loadtests.bench.servers import APPS, BERTH, STOCK, BerthUp, PanelServe, Server
from loadtests.bench.timing import opened

PATH = "/click"
SCRIPTS = (APPS / "click.py", APPS / "lock.py")
SETTINGS: dict[str, Any] = {"BERTH_SEAT_GRACE": 0.1, "LOCK_APP_SECONDS": "1,1000000"}

SPARE, BESIDE, NONE = "a spare is there", "the same while another page blocks", "no spare is there"

Samples = dict[str, list[float]]


def measure(tries: int, progress: Progress) -> Iterator[Row]:
    """Yield a row for each situation. A newcomer of ``panel serve`` opens the page in the process that all share."""
    rounds: list[Samples] = []
    with ExitStack() as stack:
        servers: dict[str, Server] = {
            STOCK: stack.enter_context(PanelServe(STOCK, *SCRIPTS, **SETTINGS)),
            SPARE: stack.enter_context(BerthUp(*SCRIPTS, **SETTINGS)),
            BESIDE: stack.enter_context(BerthUp(*SCRIPTS, **SETTINGS)),
            NONE: stack.enter_context(BerthUp(*SCRIPTS, **SETTINGS, BERTH_SPARE=0)),
        }
        for server in servers.values():
            _arrival(server, 0)
        opened(servers[BESIDE].visitor("bob"), "/lock")[0].click("Heavy")
        servers[BESIDE].settle(1)
        for number in range(tries):
            progress.step(f"try {number + 1} of {tries}")
            rounds.append({name: [_arrival(server, name == BESIDE)] for name, server in servers.items()})
    found = {measured.server: measured for measured in compared(rounds, STOCK)}
    yield Row(SPARE, "ms", STOCK, (found[STOCK], _as_berth(found[SPARE])))
    yield Row(NONE, "ms", STOCK, (found[STOCK], _as_berth(found[NONE])))
    blocked = {measured.server: measured for measured in compared(rounds, SPARE)}
    yield Row(BESIDE, "ms", "without the blocked page", (_as_berth(blocked[BESIDE]),), Bound("added", 50))


def _arrival(server: Server, others: int) -> float:
    """Let a newcomer open a page and leave; return how long opening took (ms). ``others`` are there all the time."""
    newcomer = server.visitor()
    session, took = opened(newcomer, PATH)
    server.leave(session)
    server.settle(others)
    return 1000 * took


def _as_berth(measured: Measured) -> Measured:
    return replace(measured, server=BERTH)
