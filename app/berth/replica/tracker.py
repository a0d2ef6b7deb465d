"""Keeps count of what multiprocessing wants tracked (semaphores, shared memory), in the supervisor itself.

For this multiprocessing would start one more process of Python, of some 6 MiB, beside every replica.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from multiprocessing import resource_tracker

CHUNK = 2**16


class Tracker:
    """Reads what the processes below this one register, and removes at the end what they have left behind."""

    def __init__(self) -> None:
        self._reading, writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._left: set[tuple[str, str]] = set()
        self._rest = b""
        # To multiprocessing this looks as in any child: the tracker is somebody else's.
        resource_tracker._resource_tracker._fd = writing  # type: ignore[attr-defined]  # kept privately

    def listen(self) -> None:
        """Read in the running event loop from now on."""
        asyncio.get_running_loop().add_reader(self._reading, self._read)

    def clean(self) -> None:
        """Remove what is still registered."""
        self._read()
        for kind, name in self._left:
            with suppress(OSError, KeyError):
                resource_tracker._CLEANUP_FUNCS[kind](name)  # type: ignore[attr-defined]  # kept privately
        self._left.clear()

    def _read(self) -> None:
        with suppress(BlockingIOError):
            *lines, self._rest = (self._rest + os.read(self._reading, CHUNK)).split(b"\n")
            for line in lines:
                self._note(line.decode(errors="replace"))

    def _note(self, line: str) -> None:
        order, _, rest = line.partition(":")
        name, _, kind = rest.rpartition(":")
        if order == "REGISTER":
            self._left.add((kind, name))
        elif order == "UNREGISTER":
            self._left.discard((kind, name))
