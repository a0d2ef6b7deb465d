"""The ``berth`` command, which obeys SIGTERM and SIGINT from its first moment on.

The first process of a container does not even hear a signal for which it has no
handler yet, and what a role imports takes a while. Until the role listens to
signals itself, one ends it at once.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType


def main() -> None:
    """Run the command line."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    # Imported here, for this is what takes long.
    from berth.cli import main as run

    run()


def _end(number: int, frame: FrameType | None) -> None:
    """End this process and those that it has started, as the shell counts an end by a signal."""
    for child in _children():
        os.kill(child, signal.SIGKILL)
    os._exit(128 + number)


def _children() -> list[int]:
    """Return the ids of this process' children; none where the system does not list them."""
    try:
        return [int(child) for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:
        return []


if __name__ == "__main__":
    main()
