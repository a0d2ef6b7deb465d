"""Sessions of processes: each role and all that it starts, so that none is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time

import psutil

PR_SET_PDEATHSIG = 1
"""Linux: the signal that a process gets when its parent ends."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Have this process killed when its parent ends, be it by SIGKILL. For use between fork and exec; Linux only."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def members(session: int) -> list[int]:
    """Return the processes of a session that live; zombies do not."""
    return [process for process in psutil.pids() if _session_of(process) == session and _lives(process)]


async def end(session: int, patience: float = 3.0) -> list[int]:
    """Kill all processes of a session and return those that were there, when they are gone."""
    found: set[int] = set()
    until = time.monotonic() + patience
    while (left := members(session)) and time.monotonic() < until:
        found.update(left)
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        await asyncio.sleep(0.02)
    return sorted(found)


def _session_of(process: int) -> int | None:
    try:
        return os.getsid(process)
    except (ProcessLookupError, PermissionError):
        return None


def _lives(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
