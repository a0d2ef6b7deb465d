"""Requests as no well-behaved client writes them: bytes over a socket, and what came back."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from dataclasses import dataclass

import requests


@dataclass(frozen=True)
class Said:
    """Everything that came back on one connection. ``statuses`` has one number for each answer."""

    text: str

    @property
    def statuses(self) -> list[int]:
        """The status of every answer, in order."""
        return [int(found) for found in re.findall(r"HTTP/1\.[01] (\d{3}) ", self.text)]

    @property
    def status(self) -> int:
        """The status of the first answer, 0 if there was none."""
        return self.statuses[0] if self.statuses else 0

    @property
    def head(self) -> str:
        """Status line and headers of the first answer."""
        return self.text.partition("\r\n\r\n")[0]

    def headers(self, name: str) -> list[str]:
        """All values of one header of the first answer."""
        return re.findall(rf"^{re.escape(name)}: *(.*?)\r?$", self.head, re.MULTILINE | re.IGNORECASE)


def say(port: int, data: bytes, patience: float = 3.0, source: str = "127.0.0.1") -> Said:
    """Send bytes and return what is answered until the other side closes or is silent for ``patience`` s."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 5, (source, 0)) as connection:
        connection.settimeout(patience)
        with contextlib.suppress(OSError):
            connection.sendall(data)
        with contextlib.suppress(OSError):
            while chunk := connection.recv(2**16):
                answer += chunk
    return Said(answer.decode("latin-1"))


def request(
    port: int, target: str, *headers: str, method: str = "GET", body: bytes = b"", source: str = "127.0.0.1"
) -> Said:
    """Send one request, its target and headers as they are, and return the answer."""
    lines = [f"{method} {target} HTTP/1.1", "Connection: close", *headers]
    if not any(line.lower().startswith("host:") for line in headers):
        lines.append(f"Host: 127.0.0.1:{port}")
    return say(port, "\r\n".join([*lines, "", ""]).encode("latin-1") + body, source=source)


def cookies(http: requests.Session) -> str:
    """The header with which a browser sends its cookies."""
    return "Cookie: " + "; ".join(f"{cookie.name}={cookie.value}" for cookie in http.cookies)


def closed_within(connection: socket.socket, seconds: float) -> bool:
    """Whether the other side ends this connection in time, whatever it says before."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            if not connection.recv(2**16):
                return True
        except TimeoutError:
            return False
        except OSError:
            return True
    return False
