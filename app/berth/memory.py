"""Asks the C library to keep little memory for later, where a process computes little and lives long. glibc only."""

from __future__ import annotations

import ctypes
import sys

OPTIONS = {-8: 1, -3: 2**16, -1: 2**16}
"""``mallopt``'s M_ARENA_MAX, and M_MMAP_THRESHOLD and M_TRIM_THRESHOLD in bytes.

With its own values each thread has a pool of its own, and what once was
large stays as large.
"""


def keep_little() -> None:
    """Do it in this process; those that it starts decide for themselves."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return
    for option, value in OPTIONS.items():
        mallopt(option, value)
