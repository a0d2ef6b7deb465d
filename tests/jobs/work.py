"""What the jobs of these tests do."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

import berth


def double(number: float) -> float:
    """Return twice the number."""
    return 2 * number


def steps(count: int, pause: float = 0.0) -> int:
    """Report each step."""
    for step in range(count):
        berth.report_progress(step / count, f"step {step}")
        time.sleep(pause)
    return count


def fail() -> None:
    """Raise."""
    raise LookupError("there is no column 'prize'")


def exhaust() -> None:
    """Want more memory than there is."""
    raise MemoryError


def be_killed() -> None:
    """End as a process does for which the system has no memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    """End the process."""
    sys.exit(3)


def crash() -> None:
    """End without a word."""
    os._exit(7)


def generate() -> Iterator[int]:
    """Return what cannot be pickled."""
    return (number for number in range(3))


def fill(mebibytes: int) -> Any:
    """Return a large array."""
    return np.full(mebibytes * 2**17, 1.5)


def who() -> dict[str, Any]:
    """Return what this process is like."""
    return {"pid": os.getpid(), "nice": os.nice(0), "group": os.getpgrp(), "score": _score(), "luck": random.random()}


def _score() -> int:
    return int(Path("/proc/self/oom_score_adj").read_text())


def have_children(pids: Path) -> None:
    """Start processes in and out of the group, write down who they are, and stay."""
    inside = subprocess.Popen(["sleep", "60"])
    outside = subprocess.Popen(["sleep", "60"], start_new_session=True)
    pids.write_text(f"{os.getpid()} {inside.pid} {outside.pid}")
    time.sleep(60)


def spread(numbers: list[float]) -> list[float]:
    """Use processes of one's own."""
    with Pool(2) as pool:
        return pool.map(double, numbers)


def write(line: str) -> None:
    """Print."""
    print(line)


def fork_and_report() -> float:
    """Let a child report, too."""
    berth.report_progress(0.5)
    child = os.fork()
    if child == 0:
        berth.report_progress(0.9)
        os._exit(0)
    os.waitpid(child, 0)
    time.sleep(0.2)
    return 0.5
