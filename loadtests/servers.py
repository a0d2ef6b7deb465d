"""The two servers that are compared, each as a context: it serves when it is entered, all of it has ended when left."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psutil
import requests

from berth.errors import BerthError
from berth.local.sessions import die_with_parent
from loadtests.cost import Cost, cpu_time, family

STOCK = "panel serve"
BERTH = "berth up"

PATIENCE = 60.0
"""Seconds that a server has to start."""

CALM = 15.0
"""Seconds that Berth has to make its spares ready again."""

LAST_LINES = 12
"""Lines of a server's output that an error shows."""

PORTS = range(20_000, 30_000)
"""Below the ports that systems give to outgoing connections."""

MISSING = "No module named '"
"""What Python says when a script imports what is not installed."""

FAILED = re.compile(r"Error running application handler")
"""What Bokeh logs when a script raises while a page is made."""


class AppFailed(BerthError):
    """The app did not start, or its page could not be made; the text holds its own last words."""


class Server(AbstractContextManager[Any], ABC):
    """A server with an app. ``url`` is where visitors find it, ``name`` what it is called in reports."""

    name: str

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        # In a session of its own, so that Ctrl-C reaches this process alone, which then ends it in order.
        self._process = subprocess.Popen(
            self._command(),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @abstractmethod
    def ready(self) -> bool:
        """Return whether visitors may come. Raises AppFailed when they never may, OSError before it can be asked."""

    @abstractmethod
    def settle(self, visitors: int) -> None:
        """Wait until so many visitors are there and what they do not wait for is done, but not for ever."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _environment(self) -> dict[str, str]: ...

    @property
    def pid(self) -> int:
        """Id of the process that was started."""
        return self._process.pid

    def cost(self) -> Cost:
        """Return what all its processes use."""
        return Cost.of(family(self._process.pid))

    def cpu(self) -> float:
        """Return the CPU time that all its processes have taken (s)."""
        return sum(cpu_time(process) for process in family(self._process.pid))

    def last_words(self) -> str:
        """Return the end of its output, without empty lines, and what many processes say at once only once."""
        lines = dict.fromkeys(line for line in self.lines if line.strip())
        return "\n".join([*lines][-LAST_LINES:]) or "It said nothing."

    def failure(self) -> AppFailed | None:
        """Return that the script raised, if the output says so."""
        if not any(FAILED.search(line) for line in self.lines):
            return None
        return AppFailed(f"The app's page could not be made with `{self.name}`. Its last lines:\n{self.last_words()}")

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self._reader.join(2.0)
                raise AppFailed(f"`{self.name}` ended while it started. Its last lines:\n{self.last_words()}")
            with suppress(OSError, ValueError):
                if self.ready():
                    return
            time.sleep(0.05)
        raise AppFailed(f"`{self.name}` was not ready after {PATIENCE:.0f} s. Its last lines:\n{self.last_words()}")

    def _end(self) -> None:
        everything = family(self._process.pid)
        for _ in range(2):  # The first one asks Berth to let its visitors finish, the second one to end.
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
                time.sleep(0.2)
        psutil.wait_procs(everything, 5.0)
        living = {*everything, *family(self._process.pid)}
        for process in living:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(living, 5.0)
        self._process.wait()
        self._reader.join(2.0)


class Plain(Server):
    """``panel serve``, with nothing else."""

    name = STOCK

    def __init__(self, scripts: Sequence[str]) -> None:
        super().__init__(free_ports(1))
        self.scripts = list(scripts)

    def ready(self) -> bool:
        """Return whether it listens, which it does once the scripts have run."""
        with socket.create_connection(("127.0.0.1", self.port), 1.0):
            return True

    def settle(self, visitors: int) -> None:
        """Wait a moment, since nothing says when it is so."""
        time.sleep(0.5)

    def _command(self) -> list[str]:
        origin = f"127.0.0.1:{self.port}"
        options = ["--warm", "--port", str(self.port), "--allow-websocket-origin", origin]
        return [sys.executable, "-m", "panel", "serve", *self.scripts, *options]

    def _environment(self) -> dict[str, str]:
        return _without_settings(os.environ)


class Berth(Server):
    """``berth up`` that anybody may enter, with as many spare berths as visitors may come at once."""

    name = BERTH

    def __init__(self, scripts: Sequence[str], visitors: int) -> None:
        self.spare, self.most = visitors, 3 * visitors
        super().__init__(free_ports(3 + self.most))
        self.scripts = list(scripts)

    def ready(self) -> bool:
        """Return whether the spares are there. Raises AppFailed when the scripts cannot be served."""
        status = self.status()
        if status["problem"]:
            said = in_words(self.scripts, status["problem"])
            raise AppFailed(f"{said} The server's last lines:\n{self.last_words()}")
        return bool(status["ready"] >= self.spare) and requests.get(f"{self.url}/berth/livez", timeout=2).ok

    def status(self) -> dict[str, Any]:
        """Return what the supervisor says. Raises OSError or ValueError."""
        found: dict[str, Any] = requests.get(f"http://127.0.0.1:{self.port + 2}/status", timeout=3).json()
        return found

    def settle(self, visitors: int) -> None:
        """Wait until they have their seats, the spares are ready again and no berth starts or ends."""
        deadline = time.monotonic() + CALM
        while time.monotonic() < deadline:
            with suppress(OSError, ValueError):
                status = self.status()
                if status["ready"] >= self.spare and status["taken"] == visitors and _calm(status):
                    break
            time.sleep(0.1)
        time.sleep(0.5)

    def _command(self) -> list[str]:
        # -P: a file named like a library in the current folder must not be imported in its place.
        return [sys.executable, "-P", "-m", "berth", "up", *self.scripts]

    def _environment(self) -> dict[str, str]:
        return {
            **_without_settings(os.environ),
            # The empty ones win over a file .env in the current folder.
            "APP_URL": "",
            "CREDENTIALS": "",
            "PORT": str(self.port),
            "BERTH_LOGIN": "none",
            "BERTH_LOBBY_PORT": str(self.port + 1),
            "BERTH_OPERATIONS_PORT": str(self.port + 2),
            "BERTH_REPLICAS": f"127.0.0.1:{self.port + 2}",
            "BERTH_BERTH_PORT": str(self.port + 3),
            "BERTH_SEATS": "1",
            "BERTH_SPARE": str(self.spare),
            "BERTH_MAX_BERTHS": str(self.most),
            "BERTH_SEAT_GRACE": "1",
            "BERTH_BLOCKED_AFTER": "0.25",
        }


def in_words(scripts: Sequence[str], problem: str) -> str:
    """Return why scripts cannot be served, with their names, and the way out where it is known."""
    names = [script_name(script) for script in scripts]
    said = f"{problem.rstrip('.')}."
    if not any(name in said for name in names):
        said = f"{', '.join(names)} cannot be served: {said}"
    return f"{said} Install it into the environment that runs Berth." if MISSING in said else said


def script_name(script: str) -> str:
    """Return the name of a script, or of its folder."""
    return Path(script).resolve().name


@contextmanager
def serving(scripts: Sequence[str], visitors: int) -> Iterator[tuple[Plain, Berth]]:
    """Serve the scripts in both ways at the same time. Raises AppFailed."""
    # Berth first: it says in a sentence what is wrong with an app.
    with Berth(scripts, visitors) as berth, Plain(scripts) as plain:
        yield plain, berth


def free_ports(count: int) -> int:
    """Return the first of ``count`` neighbouring ports that are free now. Raises BerthError if there are none."""
    for _ in range(200):
        first = random.randrange(PORTS.start, PORTS.stop - count)
        if all(_free(port) for port in range(first, first + count)):
            return first
    raise BerthError(f"no {count} neighbouring ports are free between {PORTS.start} and {PORTS.stop}")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("BERTH_")}


def _calm(status: Mapping[str, Any]) -> bool:
    return all(berth["state"] == "ready" for berth in status["berths"])
