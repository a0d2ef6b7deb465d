"""The servers that are compared, each as a context: started and ready when it is entered, ended when it is left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from tests.support.client import Browser, Session
from tests.support.system import System, free_ports

STOCK = "panel serve"
THREADS = "panel serve --num-threads 4"
PROCS = "panel serve --num-procs 4"
BERTH = "berth up"
NAMES = (STOCK, THREADS, PROCS, BERTH)

APPS = Path(__file__).parents[1] / "apps"
PATIENCE = 40.0
"""Seconds that a server has to start or to settle."""

CALM = 0.5
"""Seconds for which a settled server is left alone."""

LAST = 5.0
"""Seconds that a process has to end when it is asked to."""

_reserved: set[range] = set()
"""Ports of the servers that run, those that Berth will use later included."""


class Server(AbstractContextManager["Server"], ABC):
    """One server with its scripts."""

    name: str

    @abstractmethod
    def visitor(self, user: str = "alice") -> Browser:
        """Return a browser that may open pages."""

    @abstractmethod
    def leave(self, session: Session) -> None:
        """Leave a page as a browser does."""

    @abstractmethod
    def processes(self) -> list[psutil.Process]:
        """Return all processes of the server that live."""

    @abstractmethod
    def settle(self, visitors: int) -> None:
        """Wait until the server has done what visitors do not wait for, and only so many are there."""


class PanelServe(Server):
    """``panel serve`` with options, as its name says them."""

    def __init__(self, name: str, *scripts: Path, **environment: Any) -> None:
        self.name = name
        self._port = _port()
        own = {variable: text for variable, text in os.environ.items() if not variable.startswith("BERTH_")}
        self._environment = own | _texts(environment)
        self._command = [sys.executable, "-m", "panel", "serve", *map(str, scripts), *name.split()[2:], "--warm"]
        self._command += ["--port", str(self._port), "--allow-websocket-origin", f"127.0.0.1:{self._port}"]
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (closed when the server has ended)

    def __enter__(self) -> PanelServe:
        _reserved.add(range(self._port, self._port + 1))
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdout=self._output, stderr=subprocess.STDOUT
        )
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error:
            sys.stderr.write(self.log()[-4000:])
        self._end()

    def visitor(self, user: str = "alice") -> Browser:
        """Return a browser; nobody logs in."""
        return Browser(f"http://127.0.0.1:{self._port}")

    def leave(self, session: Session) -> None:
        """Close the connection, which is all that the server learns."""
        session.close()

    def processes(self) -> list[psutil.Process]:
        """Return the process and its children."""
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]

    def settle(self, visitors: int) -> None:
        """Wait a moment, since nothing says when it is so."""
        time.sleep(CALM)

    def log(self) -> str:
        """Return all that was printed."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} does not listen on port {self._port}:\n{self.log()[-4000:]}")

    def _end(self) -> None:
        # The processes of --num-procs do not end with their parent.
        everything = self.processes() if self._process.poll() is None else []
        for process in everything:
            _quietly(process.terminate)
        _, living = psutil.wait_procs(everything, LAST)
        for process in living:
            _quietly(process.kill)
        psutil.wait_procs(living, LAST)
        self._process.wait()
        self._output.close()
        _reserved.discard(range(self._port, self._port + 1))


class BerthUp(Server):
    """``berth up``. ``environment`` holds settings and variables."""

    name = BERTH

    def __init__(self, *scripts: Path, **environment: Any) -> None:
        most = int(str(environment.get("BERTH_MAX_BERTHS", 16)))
        self.system = _system(most, scripts, environment)
        self._ports = _ports(self.system, most)
        self._spare = int(str(environment.get("BERTH_SPARE", 1)))

    def __enter__(self) -> BerthUp:
        _reserved.add(self._ports)
        self.system.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.system.__exit__(kind, error, trace)
        _reserved.discard(self._ports)

    def visitor(self, user: str = "alice") -> Browser:
        """Return a browser that has logged in."""
        return self.system.browser(user)

    def leave(self, session: Session) -> None:
        """Say that the page is left, and close the connection."""
        session.leave()

    def processes(self) -> list[psutil.Process]:
        """Return ``berth up`` and all that it started."""
        return [psutil.Process(self.system.process.pid), *self.system.processes()]

    def settle(self, visitors: int) -> None:
        """Wait until so many have a seat, no berth starts or ends, and the spares are there."""
        self.system.until(lambda: self._settled(visitors), PATIENCE)
        time.sleep(CALM)

    def _settled(self, visitors: int) -> bool:
        status = self.system.status()
        if status["taken"] != visitors or any(berth["state"] != "ready" for berth in status["berths"]):
            return False
        return sum(not berth["visitors"] for berth in status["berths"]) >= self._spare


def server(name: str, *scripts: Path, **environment: Any) -> Server:
    """Make the server of that name. Settings of Berth in ``environment`` are no concern of the others."""
    return BerthUp(*scripts, **environment) if name == BERTH else PanelServe(name, *scripts, **environment)


@contextmanager
def serving(*scripts: Path, names: Sequence[str] = NAMES, **environment: Any) -> Iterator[dict[str, Server]]:
    """Run several servers with the same scripts at the same time."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(server(name, *scripts, **environment)) for name in names}


def _texts(environment: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in environment.items() if not name.startswith("BERTH_")}


def _port() -> int:
    while _clash(port := range(first := free_ports(1), first + 1)):
        time.sleep(0.1)
    return port.start


def _system(most: int, scripts: Sequence[Path], environment: dict[str, Any]) -> System:
    while _clash(_ports(system := System(*scripts, **environment), most)):
        time.sleep(0.1)
    return system


def _ports(system: System, most: int) -> range:
    return range(system.port, system.port + 3 + most)


def _clash(ports: range) -> bool:
    return any(ports.start < other.stop and other.start < ports.stop for other in _reserved)


def _quietly(signal: Any) -> None:
    try:
        signal()
    except psutil.NoSuchProcess:
        return
