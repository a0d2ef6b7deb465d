"""What dashboards start and leave behind: orphans come to the process that adopts them, which ends them.

Linux only. Elsewhere orphans go to the system's first process, and only process groups and sessions are ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Collection

import psutil

PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def adopt() -> None:
    """Become the parent of all that is orphaned below this process."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


def end(known: Collection[int]) -> bool:
    """Kill all children of this process but the ``known`` ones, with all that is below them, and bury the dead.

    Returns whether there were any. They die a moment later, and what was below them comes up: call it again.
    """
    if _libc is None:
        return False
    found = [child for child in psutil.Process().children() if child.pid not in known]
    for child in found:
        with contextlib.suppress(psutil.Error, OSError):
            for process in (*child.children(recursive=True), child):
                process.send_signal(signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.waitpid(child.pid, os.WNOHANG)
    return bool(found)
