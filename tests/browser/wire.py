"""A wire between browser and router that can be cut and mended."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: close with a reset, as a broken network does."""


class Wire:
    """Listens on a port of its own and passes all bytes on to ``target`` of this machine while it is whole."""

    def __init__(self) -> None:
        self.target = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._whole = threading.Event()
        self._whole.set()
        self._weak_spot = b""
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address that browsers use."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break all connections and take no new ones."""
        self._whole.clear()
        with self._lock:
            for end in self._ends:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    end.shutdown(socket.SHUT_RDWR)

    def cut_within(self, text: bytes) -> None:
        """Break as soon as ``text`` comes back from the target, just behind the brace that closes it."""
        self._weak_spot = text

    def mend(self) -> None:
        """Pass bytes on again."""
        self._whole.set()

    def close(self) -> None:
        """End for good."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), near:
            if not self._whole.is_set():
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
            with socket.create_connection(("127.0.0.1", self.target), 5) as far:
                self._pass(near, far)

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with self._lock:
            self._ends |= {near, far}
        with selectors.DefaultSelector() as selector:
            for end in other:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(end, selectors.EVENT_READ)
            try:
                while self._pass_some(selector, other):
                    pass
            finally:
                with self._lock:
                    self._ends -= {near, far}

    def _pass_some(self, selector: selectors.BaseSelector, other: dict[socket.socket, socket.socket]) -> bool:
        for key, _ in selector.select():
            end: socket.socket = key.fileobj  # type: ignore[assignment]  # sockets are what was registered
            data = end.recv(2**16)
            if not data:
                return False
            found = data.find(self._weak_spot) if self._weak_spot else -1
            if found >= 0:
                self._weak_spot = b""
                other[end].sendall(data[: data.index(b"}", found) + 1])
                self.cut()
                return False
            other[end].sendall(data)
        return True
