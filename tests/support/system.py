"""The whole of Berth as local processes, as ``berth up`` starts it, on ports of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.support.client import Browser
from tests.support.program import Program

SECRET = "0123456789abcdef0123456789abcdef"
PASSWORD = "correct horse"
USERS = ("alice", "bob", "carol", "dave", *(f"user{number}" for number in range(40)))


WORKERS, PORTS = 4, 5000
"""Processes that may run tests at the same time, and ports for each."""


def free_ports(count: int) -> int:
    """Return the first of ``count`` neighbouring ports that are free now."""
    # Below the ports that the kernel gives to outgoing connections; tests that run together have ranges of their own.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    lowest = 10000 + worker * PORTS
    first = lowest + (os.getpid() * 97 + int(time.time() * 10)) % (PORTS * 2 // 3)
    while first + count < lowest + PORTS:
        if all(_free(port) for port in range(first, first + count)):
            return first
        first += count
    raise AssertionError("no free ports")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


class System(Program):
    """``berth up`` with these scripts and settings, ready when the context is entered."""

    def __init__(
        self,
        *scripts: str | Path,
        options: tuple[str, ...] = (),
        wait: bool = True,
        prefix: str = "",
        **settings: object,
    ) -> None:
        super().__init__()
        most = int(str(settings.get("BERTH_MAX_BERTHS", 16)))
        first = free_ports(3 + most)
        self.port, self.lobby_port, self.operations_port = first, first + 1, first + 2
        self.prefix = prefix
        self.scripts = [str(script) for script in scripts]
        self.options = options
        self.wait = wait
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("BERTH_", "APP_", "COOKIE"))},
            "PORT": str(self.port),
            "COOKIE_SECRET": SECRET,
            "CREDENTIALS": ",".join(f"{user}:{PASSWORD}" for user in USERS),
            "BERTH_LOBBY_PORT": str(self.lobby_port),
            "BERTH_OPERATIONS_PORT": str(self.operations_port),
            "BERTH_REPLICAS": f"127.0.0.1:{self.operations_port}",
            "BERTH_BERTH_PORT": str(first + 3),
            **({"APP_URL": f"http://127.0.0.1:{self.port}{prefix}"} if prefix else {}),
            **{name: str(value) for name, value in settings.items()},
        }

    @property
    def url(self) -> str:
        """The router's address."""
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def __enter__(self) -> System:
        self.start([sys.executable, "-m", "berth", "up", *self.scripts, *self.options], self.environment)
        if self.wait:
            self.until(lambda: self.status()["ready"] or None, 40)
            self.until(lambda: requests.get(f"{self.url}/berth/livez", timeout=2).ok or None)
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("berth up did not end:\n" + self.log()) from None
        if exception[0]:
            sys.stderr.write(self.log()[-8000:])

    def status(self) -> dict[str, Any]:
        """The supervisor's status."""
        found: dict[str, Any] = requests.get(f"http://127.0.0.1:{self.operations_port}/status", timeout=3).json()
        return found

    def until(self, condition: Callable[[], Any], timeout: float = 15.0, pause: float = 0.05) -> Any:
        """Return the first result of ``condition`` that is not None or False; its errors are retried."""
        deadline = time.monotonic() + timeout
        error: object = None
        while time.monotonic() < deadline:
            try:
                found = condition()
                if found is not None and found is not False and found != []:
                    return found
            except (OSError, ValueError, AssertionError) as caught:
                error = caught
            time.sleep(pause)
        raise AssertionError(f"not so after {timeout} s (last error: {error})\n{self.log()[-6000:]}")

    def browser(self, user: str = "alice") -> Browser:
        """A browser that has logged in."""
        made = Browser(self.url)
        answer = made.log_in(user, PASSWORD)
        assert answer.status_code == 303, (answer.status_code, answer.text[:500])
        return made

    def role(self, name: str) -> psutil.Process:
        """The child process of that role."""
        for child in psutil.Process(self.process.pid).children():
            if name in " ".join(child.cmdline()):
                return child
        raise AssertionError(f"no {name} among {psutil.Process(self.process.pid).children()}")

    def berth_of(self, user: str) -> dict[str, Any]:
        """Status of the berth whose log line last said that the user took a seat there."""
        names = self.until(lambda: self._seated(user))
        return next(berth for berth in self.status()["berths"] if berth["name"] == names[-1])

    def _seated(self, user: str) -> list[str]:
        lines = [line for line in self.lines if f"seat taken by {user}" in line]
        return [line.split("berth.replica ")[1].split(":")[0] for line in lines]
