"""One WebSocket to a page's session: opened as a browser opens it, read as its messages arrive, never for ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import websocket
from websocket._abnf import frame_buffer  # nothing public says a frame's length before it is read

from loadtests.document import readable
from loadtests.protocol import Assembler, Message, ProtocolError
from loadtests.steps import ConnectionLost, StepFailed

EXCERPT = 160
"""Characters of a refusal that are kept."""

Hear = Callable[[Message, float], None]
"""Gets every message, and when it was complete (of time.perf_counter)."""

End = Callable[[str], None]
"""Gets why the connection ended, in words."""

NODELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""Browsers set it, too: without it every click would wait for the acknowledgement of the last one."""


class LimitedSocket(websocket.WebSocket):
    """A WebSocket that refuses a message of more than ``limit`` bytes before it is in memory."""

    def __init__(self, limit: int, **options: Any) -> None:
        super().__init__(**options)
        self.limit = limit
        self._fragments = 0
        self.frame_buffer = _LimitedFrames(self._recv, limit)

    def recv_frame(self) -> websocket.ABNF:
        """Return the next frame. Raises ProtocolError for a message of too many fragments."""
        frame: websocket.ABNF = super().recv_frame()
        if frame.opcode in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY, websocket.ABNF.OPCODE_CONT):
            self._fragments = 0 if frame.fin else self._fragments + len(frame.data)
            _check_size(self._fragments, self.limit)
        return frame


class _LimitedFrames(frame_buffer):
    def __init__(self, receive: Callable[[int], bytes], limit: int) -> None:
        super().__init__(receive, skip_utf8_validation=False)
        self.limit = limit

    def recv_length(self) -> None:
        super().recv_length()
        _check_size(self.length or 0, self.limit)


class Connection:
    """A WebSocket that a thread of its own reads, until ``close`` or until the server or the network ends it.

    ``reason`` says why it ended, in words, and is empty while it stands.
    """

    def __init__(self, hear: Hear, end: End, limit: int) -> None:
        self._hear = hear
        self._end = end
        self._messages = Assembler(limit)
        self._socket = LimitedSocket(limit, sockopt=[NODELAY], enable_multithread=True)
        self.reason = ""
        self._left = False
        self._reader = threading.Thread(target=self._read, daemon=True)

    def open(self, url: str, token: str, cookies: str, origin: str, timeout: float) -> None:
        """Connect and begin to read. Raises OSError or WebSocketException; ``timeout`` is in seconds."""
        try:
            self._socket.connect(url, subprotocols=["bokeh", token], cookie=cookies, origin=origin, timeout=timeout)
        except websocket.WebSocketBadStatusException as error:
            self._socket.shutdown()
            said = readable((error.resp_body or b"").decode(errors="replace"))[:EXCERPT]
            raise StepFailed(
                f"the WebSocket was refused: status {error.status_code}: {said or 'without a word'}"
            ) from None
        except BaseException:
            self._socket.shutdown()
            raise
        # How long an answer may take is for those to say who wait for it.
        self._socket.settimeout(None)
        self._reader.start()

    def send(self, frames: Sequence[str]) -> None:
        """Send a message. Raises ConnectionLost, which says why it ended, or OSError or WebSocketException."""
        try:
            for frame in frames:
                self._socket.send(frame)
        except (OSError, websocket.WebSocketException):
            # Whoever reads knows more: what the server said at last.
            self._reader.join(1.0)
            if self.reason:
                raise ConnectionLost(self.reason) from None
            raise

    def close(self) -> None:
        """Leave as a browser does: a closing frame, and no wait for the answer."""
        self._left = True
        with suppress(OSError, websocket.WebSocketException):
            self._socket.send_close()
        self.cut()

    def cut(self) -> None:
        """End the connection without a word, as a network does."""
        self._left = True
        with suppress(OSError, websocket.WebSocketException):
            self._socket.abort()
        if self._reader.is_alive() and self._reader is not threading.current_thread():
            self._reader.join(1.0)

    def _read(self) -> None:
        try:
            self.reason = self._until_end()
        except (OSError, websocket.WebSocketException, ProtocolError, UnicodeError) as error:
            self.reason = _reason(error)
        finally:
            self._socket.shutdown()
        if not self._left:
            self._end(self.reason)

    def _until_end(self) -> str:
        while True:
            kind, data = self._socket.recv_data()
            if kind == websocket.ABNF.OPCODE_CLOSE:
                self._messages.close()
                return _closing(data)
            message = self._messages.feed(data.decode() if kind == websocket.ABNF.OPCODE_TEXT else data)
            if message:
                self._hear(message, time.perf_counter())


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise ProtocolError(f"a message of {size} bytes is more than the {limit} that are taken")


def _closing(data: bytes) -> str:
    if len(data) < 2:
        return "the server closed the connection without a reason"
    words = data[2:].decode(errors="replace").strip()
    return f"the server closed the connection: {int.from_bytes(data[:2], 'big')}{' ' + words if words else ''}"


def _reason(error: Exception) -> str:
    if isinstance(error, ProtocolError):
        return str(error)
    if isinstance(error, websocket.WebSocketConnectionClosedException | ConnectionError):
        return "the connection broke off"
    return f"{type(error).__name__}: {error}"
