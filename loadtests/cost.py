"""What processes use: memory and CPU time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cost:
    """What a server uses: memory (MiB, shared pages counted once) now, and CPU time (s) since it began."""

    memory: float
    cpu: float

    @classmethod
    def of(cls, processes: Sequence[psutil.Process]) -> Cost:
        """Add up processes that live; those that they have waited for count with their CPU time."""
        found = [_cost(process) for process in processes]
        return cls(sum(one.memory for one in found), sum(one.cpu for one in found))


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that it has started and that live, itself last."""
    try:
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []


def _cost(process: psutil.Process) -> Cost:
    """Return nothing for a process that has just ended."""
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return Cost(0.0, 0.0)
    # Not every system knows PSS.
    return Cost((getattr(memory, "pss", 0) or memory.uss) / 2**20, cpu_time(process))


def cpu_time(process: psutil.Process) -> float:
    """Return the CPU time of a process and of those that it has waited for; 0 when it has just ended."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    waited = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(times.user + times.system + waited)
