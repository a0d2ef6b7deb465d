"""Whether processes run."""

from __future__ import annotations

import psutil


def runs(pid: int) -> bool:
    """Whether there is such a process; a dead one that nobody has buried does not count."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
