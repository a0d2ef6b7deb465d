"""Who was blocked, how long, and by which line: the log says it, and says nothing of those who behave."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client import Browser
from tests.support.system import System

SCRIPT = Path(__file__).with_name("blockers.py")
WAYS = re.findall(r"^(?:async )?def (\w+)\(\) -> None:\n(?:    .*\n|\n(?=    ))*?.*# here$", SCRIPT.read_text(), re.M)
CLEAN = re.findall(r"^(?:async )?def (clean_\w+)", SCRIPT.read_text(), re.M)
LANES = 2


@pytest.fixture(scope="module")
def log() -> Iterator[str]:
    """The log after each way was taken once, each by a visitor named after it."""
    names = WAYS + CLEAN
    users = ",".join(f"{name}:secret-of-{name}" for name in names)
    with System(SCRIPT, CREDENTIALS=users, BERTH_SPARE=2, BERTH_BLOCKED_AFTER=0.5, BERTH_SEAT_GRACE=0.1) as system:
        lanes = [threading.Thread(target=_take, args=(system, names[lane::LANES])) for lane in range(LANES)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        yield system.log()


def _take(system: System, names: list[str]) -> None:
    for name in names:
        browser = Browser(system.url)
        browser.log_in(name, f"secret-of-{name}")
        session = browser.open(f"/blockers?way={name}")
        session.wait(f"{name} is done", 60)
        session.leave()


def test_there_are_twenty_blockers_and_five_clean_ways() -> None:
    """The script holds what the other tests count on."""
    assert (len(WAYS), len(CLEAN)) == (20, 5)


@pytest.mark.parametrize("way", WAYS)
def test_the_log_names_visitor_time_and_line(log: str, way: str) -> None:
    """One line says that this visitor was blocked, for how long, and by which line of the dashboard."""
    lines = SCRIPT.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if re.match(rf"(async )?def {way}\(", line))
    expected = 1 + next(number for number, line in enumerate(lines) if number > start and line.endswith("# here"))
    found = re.findall(rf"{way} blocked for ([\d.]+) s so far by \S*blockers.py:(\d+) in ", log)
    assert found, [line for line in log.splitlines() if f"{way} blocked" in line]
    assert float(found[0][0]) >= 0.5
    assert int(found[0][1]) == expected


@pytest.mark.parametrize("way", CLEAN)
def test_who_behaves_is_not_in_the_log(log: str, way: str) -> None:
    """Waiting without blocking is not reported."""
    assert f"{way} blocked" not in log
