"""What jobs cost others, how fast they start, and how fast they are gone."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator

from loadtests.bench.figures import Bound, Measured, Row, Try
from loadtests.bench.progress import Progress
from loadtests.bench.servers import APPS, BERTH, BerthUp
from loadtests.bench.timing import opened, timed
from tests.support.client import Session
from tests.support.processes import runs

PATH = "/jobs"
STARTED = "ms to start"
LATE = "ms late at most, the bar at 100%"
CLICKS = 25
"""Clicks that a try is compared with."""

PATIENCE = 10.0
"""Seconds after which processes that should be gone are a failure."""

End = Callable[[BerthUp, Session], object]


def measure(tries: int, progress: Progress) -> Iterator[Row]:
    """Yield a row for the start, one for the reports, and one for each way in which a job ends."""
    with BerthUp(APPS / "jobs.py", BERTH_SEAT_GRACE=0.5) as server:
        session = server.visitor().open(PATH)
        _shown(session, "Start", STARTED)
        progress.step("start")
        starts = [Try((_shown(session, "Start", STARTED),), _clicks(session)) for _ in range(tries)]
        yield _row("from `berth.run` to the first line of the job", "a click", starts, Bound("value", 300))
        progress.step("reports")
        late = [Try((_shown(session, "Report", LATE),), (_shown(session, "Silent", LATE),)) for _ in range(tries)]
        yield _row("10,000 reports in a second: how late the event loop is", "no reports", late, Bound("value", 20))
        server.leave(session)
        for what, end in ENDS.items():
            progress.step(what)
            ends = [_gone(server, end) for _ in range(tries)]
            yield _row(f"{what}: until its job and two children of it are gone", "a click", ends, Bound("value", 500))


def _row(what: str, against: str, tries: list[Try], bound: Bound) -> Row:
    return Row(what, "ms", against, (Measured(BERTH, tuple(tries)),), bound)


def _shown(session: Session, button: str, text: str) -> float:
    """Press a button, and return the number before ``text`` in what it shows."""
    session.seen = ""
    session.click_and_wait(button, text)
    found = re.search(rf"([\d.]+) {re.escape(text)}", session.seen)
    assert found
    return float(found.group(1))


def _clicks(session: Session) -> tuple[float, ...]:
    return tuple(1000 * session.click_and_wait("Nothing", "nothing to do") for _ in range(CLICKS))


def _gone(server: BerthUp, end: End) -> Try:
    session, _ = opened(server.visitor("bob"), PATH)
    clicks = _clicks(session)
    session.click_and_wait("Family", "family ")
    found = re.search(r"family ([\d,]+)\.", session.seen)
    assert found
    pids = [int(pid) for pid in found.group(1).split(",")]
    took = timed(lambda: (end(server, session), _wait_until_gone(pids)))
    server.leave(session)
    server.settle(0)
    return Try((1000 * took,), clicks)


def _wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + PATIENCE
    while any(runs(pid) for pid in pids):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {PATIENCE:g} s some of {pids} still run")
        time.sleep(0.002)


def _kill(server: BerthUp, session: Session) -> None:
    os.kill(server.system.berth_of("bob")["pid"], signal.SIGKILL)


ENDS: dict[str, End] = {
    "cancelled": lambda server, session: session.click("Cancel"),
    "its session closed": lambda server, session: session.leave(),
    "its berth killed": _kill,
}
