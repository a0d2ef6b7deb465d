"""A server that does not do its part: the first part of a path names in which way."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

PAGE = b'<html><body><script>const docs = [{"token": "a.b.c"}];</script></body></html>'
PATIENCE = 30.0
"""Seconds for which a connection stays at most."""

FLOOD = 20 * 2**20
"""Bytes."""

Answer = Callable[[socket.socket], None]


class Double:
    """Listens when the context is entered; ``url`` is where, without the first part of a path."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(PATIENCE)
            request = connection.recv(2**16).decode("latin-1")
            found = re.match(r"GET /(\w+)", request)
            case = found.group(1) if found else ""
            if "upgrade: websocket" in request.lower():
                _welcome(connection, request)
                SOCKETS.get(case, _hang)(connection)
            else:
                PAGES.get(case, _page)(connection)


def _page(connection: socket.socket) -> None:
    _http(connection, "200 OK", PAGE)


def _http(connection: socket.socket, status: str, body: bytes) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode() + body)


def _stutter(connection: socket.socket) -> None:
    """Send a byte now and then: no wait for the next one ever takes long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        connection.sendall(b"x")
        time.sleep(0.2)


def _hang(connection: socket.socket) -> None:
    connection.recv(1)


PAGES: dict[str, Answer] = {
    "dies": lambda connection: connection.close(),
    "hangs": _hang,
    "babbles": lambda connection: connection.sendall(b"\x00\xffnothing of HTTP\r\n" * 20),
    "refuses": lambda connection: _http(connection, "503 Service Unavailable", b"<p>Service is down</p>"),
    "stutters": _stutter,
}


def _welcome(connection: socket.socket, request: str) -> None:
    found = re.search(r"(?i)sec-websocket-key: *(\S+)", request)
    assert found
    key = base64.b64encode(hashlib.sha1(f"{found.group(1)}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Protocol: bokeh", f"Sec-WebSocket-Accept: {key.decode()}", "", ""]
    connection.sendall("\r\n".join(lines).encode())


def _frame(data: bytes, kind: int = 1) -> bytes:
    size = (
        bytes([len(data)])
        if len(data) < 126
        else b"\x7e" + len(data).to_bytes(2)
        if len(data) < 2**16
        else b"\x7f" + len(data).to_bytes(8)
    )
    return bytes([0x80 | kind]) + size + data


def _message(kind: str, content: object, **header: str) -> bytes:
    parts: tuple[object, ...] = ({"msgid": "1", "msgtype": kind, **header}, {}, content)
    return b"".join(_frame(json.dumps(part).encode()) for part in parts)


def _nonsense(connection: socket.socket) -> None:
    connection.sendall(_frame(b"neither JSON nor anything") * 3)
    _hang(connection)


def _half(connection: socket.socket) -> None:
    """End in the middle of a message, and of a frame."""
    connection.sendall(_frame(b'{"msgid": "1", "msgtype": "ACK"}') + _frame(b"{" + b" " * 90)[:40])


def _flood(connection: socket.socket) -> None:
    connection.sendall(_message("ACK", {}))
    connection.sendall(_frame(b" " * FLOOD))
    _hang(connection)


def _mute(connection: socket.socket) -> None:
    """Say one word, and no other."""
    connection.sendall(_message("ACK", {}))
    _read_all(connection)


def _read_all(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(2**16):
            pass


def _leap(connection: socket.socket) -> None:
    connection.sendall(_message("ACK", {}))
    connection.sendall(_frame((1011).to_bytes(2) + b"out of memory", kind=8))
    # Whatever is not read ends the connection at once, maybe before its last words have been heard.
    _read_all(connection)


SOCKETS: dict[str, Answer] = {
    "nonsense": _nonsense,
    "halves": _half,
    "floods": _flood,
    "mute": _mute,
    "leaps": _leap,
}
