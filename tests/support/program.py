"""A process of the tests' own whose output is kept."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence

import psutil


class Program:
    """``lines`` are what it has printed; ``process`` is there once it has been started."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.process: subprocess.Popen[str]
        self._reading: threading.Thread

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def log(self) -> str:
        """Everything printed so far; all of it once the process has ended."""
        if self.process.poll() is not None:
            self._reading.join(5)
        return "\n".join(self.lines)

    def processes(self) -> Iterator[psutil.Process]:
        """All that it has started and that lives."""
        yield from psutil.Process(self.process.pid).children(recursive=True)
