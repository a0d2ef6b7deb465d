"""A quick task beside visitors of the Explorer whose jobs compute intervals on all cores."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from berth.cli import shipped_script
from loadtests.bench.figures import Bound, Measured, Row, Try
from loadtests.bench.progress import Progress
from loadtests.bench.servers import APPS, BERTH, BerthUp
from loadtests.bench.timing import opened
from tests.support.client import Session

VISITORS = 4
START, STARTED, ENDED = "Compute intervals", '"attr": "disabled", "new": true', '"attr": "disabled", "new": false'
SETTINGS: dict[str, Any] = {"LOCK_APP_SECONDS": "1,5", "BERTH_SPARE": VISITORS + 1, "BERTH_SEAT_GRACE": 0.5}


def measure(tries: int, progress: Progress) -> Iterator[Row]:
    """Yield one row: each try is one task alone and one beside the others."""
    with BerthUp(APPS / "lock.py", Path(shipped_script()), **SETTINGS) as server, ExitStack() as stack:
        mine, _ = opened(server.visitor("alice"), "/lock")
        progress.step("alone")
        numbers = iter(range(1, 10 * tries))
        mine.click_and_wait("Quick", f"quick task {next(numbers)} done")
        alone = [mine.click_and_wait("Quick", f"quick task {next(numbers)} done") for _ in range(tries)]
        progress.step(f"beside {VISITORS} visitors")
        for number in range(VISITORS):
            session, _ = opened(server.visitor(f"user{number}"), "/explorer")
            stack.enter_context(_computing(session))
        beside = [mine.click_and_wait("Quick", f"quick task {next(numbers)} done") for _ in range(tries)]
    found = tuple(Try((one,), (other,)) for one, other in zip(beside, alone, strict=True))
    what = f"quick task of 1 s beside {VISITORS} visitors whose Explorer jobs compute"
    yield Row(what, "s", "alone", (Measured(BERTH, found),), Bound("p95", 1.5))


@contextmanager
def _computing(session: Session) -> Iterator[None]:
    """Have the Explorer compute intervals of all flights, again and again."""
    over = threading.Event()
    session.click_and_wait(START, STARTED)
    thread = threading.Thread(target=_again, args=(session, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        session.click("Cancel")
        thread.join()
        session.leave()


def _again(session: Session, over: threading.Event) -> None:
    while True:
        session.wait(ENDED, 120)
        if over.is_set():
            return
        session.click_and_wait(START, STARTED)
