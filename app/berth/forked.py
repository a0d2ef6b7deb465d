"""What a forked process does first: tie its life to another's, and forget what it should not have inherited."""

from __future__ import annotations

import fcntl
import os
import random
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path


def die_with(lifeline: int) -> None:
    """Have the kernel end this process and its group when the other end of a pipe closes.

    It sends SIGIO, which ends processes even inside C code. The process must
    lead its group.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        os.killpg(0, signal.SIGKILL)


def be_killed_first(score: int) -> None:
    """Where memory runs out, let the system end this process before those with a lower score (0 to 1000)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(score))


def reseed() -> None:
    """Give this process random numbers of its own: a fork inherits its parent's."""
    random.seed()
    # Numpy imports this part only when somebody asks for it, and it seeds itself then.
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()
