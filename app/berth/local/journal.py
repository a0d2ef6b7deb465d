"""One readable log of several processes: each line with the role that said it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import TextIO

COLOURS = {"router": 35, "lobby": 36, "replica": 32, "up": 34}
"""ANSI colours of the roles."""

LONGEST_LINE = 64 * 2**10
"""Characters after which a line is broken, so that one without an end takes no memory."""


class Journal:
    """Writes lines to a stream, coloured or not."""

    def __init__(self, stream: TextIO, *, colours: bool) -> None:
        self._stream = stream
        self._colours = colours

    @classmethod
    def on_terminal(cls) -> Journal:
        """Write to standard output, coloured if it is a terminal and NO_COLOR is not set."""
        return cls(sys.stdout, colours=sys.stdout.isatty() and "NO_COLOR" not in os.environ)

    def line(self, role: str, text: str) -> None:
        """Write one line of ``role``."""
        self._write(f"{self._paint(f'{role:<7}', COLOURS[role])} {text}\n")

    def block(self, text: str) -> None:
        """Write lines of our own, with an empty one before and after."""
        self._write(f"\n{text}\n\n")

    def strong(self, text: str) -> str:
        """Return ``text`` so that it stands out."""
        return self._paint(text, 1)

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text

    def _write(self, text: str) -> None:
        # A reader that has gone (`berth up | head`) must not end the visitors' work.
        with contextlib.suppress(OSError):
            self._stream.write(text)
            self._stream.flush()


class Lines(asyncio.Protocol):
    """Puts what arrives through a pipe into the journal, line by line."""

    def __init__(self, journal: Journal, role: str) -> None:
        self._journal = journal
        self._role = role
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Write the complete lines; keep the rest."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._journal.line(self._role, line.decode(errors="replace").rstrip())
