"""The line between a supervisor and a berth: one JSON object a line, over a socket pair."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

LONGEST_LINE = 2**20


class Link:
    """One end. ``send`` never waits; when the other end is gone it does nothing."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> Link:
        """Take one end of a socket pair into the running event loop."""
        end.setblocking(False)
        return cls(*await asyncio.open_unix_connection(sock=end, limit=LONGEST_LINE))

    def send(self, **message: Any) -> None:
        """Queue a message."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\n")

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        """Yield what the other end sends until it is gone."""
        while line := await self._next_line():
            yield json.loads(line)

    async def _next_line(self) -> bytes:
        try:
            return await self._reader.readline()
        except OSError:
            return b""

    def close(self) -> None:
        """Close this end."""
        self._writer.close()
