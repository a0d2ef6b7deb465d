"""One ``berth replica`` as a process of its own, without router and lobby, as it runs in a pod."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests

from berth.tickets import Keys
from tests.support.polling import until
from tests.support.program import Program
from tests.support.system import SECRET, free_ports


class Replica(Program):
    """Starts when the context is entered; ``before`` is what its command line is put behind (``unshare …``)."""

    def __init__(self, *scripts: str | Path, before: tuple[str, ...] = (), **settings: object) -> None:
        super().__init__()
        most = int(str(settings.get("BERTH_MAX_BERTHS", 4)))
        self.operations_port = free_ports(1 + most)
        self._command = [*before, sys.executable, "-P", "-m", "berth", "replica", *map(str, scripts)]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BERTH_")},
            "COOKIE_SECRET": SECRET,
            "BERTH_OPERATIONS_PORT": str(self.operations_port),
            "BERTH_BERTH_PORT": str(self.operations_port + 1),
            "BERTH_MAX_BERTHS": str(most),
            **{name: str(value) for name, value in settings.items()},
        }

    def __enter__(self) -> Replica:
        self.started = time.monotonic()
        self.start(self._command, self._environment)
        return self

    def __exit__(self, *exception: object) -> None:
        everything = [psutil.Process(self.process.pid), *self.processes()] if self.process.poll() is None else []
        for process in everything:
            if process.is_running():
                process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        if exception[0]:
            sys.stderr.write(self.log()[-8000:])

    def get(self, path: str) -> requests.Response:
        """What the operations port answers to a GET."""
        return requests.get(f"http://127.0.0.1:{self.operations_port}{path}", timeout=3)

    def status(self) -> dict[str, Any]:
        """The supervisor's status."""
        found: dict[str, Any] = self.get("/status").json()
        return found

    def call(self, path: str, **arguments: object) -> requests.Response:
        """What the operations port answers to a signed POST."""
        body = json.dumps(arguments).encode()
        headers = {"Authorization": f"Bearer {Keys(SECRET).sign_call(path, body)}"}
        return requests.post(f"http://127.0.0.1:{self.operations_port}{path}", body, headers=headers, timeout=3)

    def until(self, condition: Callable[[], Any], timeout: float = 20.0) -> Any:
        """Return the first result of ``condition`` that is true; its errors are retried."""
        return until(condition, timeout, 0.05, lambda: self.log()[-6000:])

    def ready(self) -> Replica:
        """Wait until ``/readyz`` answers 200."""
        self.until(lambda: self.get("/readyz").ok)
        return self
