"""What is being measured and how long it will take, on stderr."""

from __future__ import annotations

import sys
import time

PAUSE = 5.0
"""Seconds between two lines of one part."""


class Progress:
    """Says where a run is. ``seconds`` is how long the parts are expected to take, by name."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._left = dict(seconds)
        self._part = ""
        self._began = self._said = 0.0
        self._all = len(seconds)

    def begin(self, part: str) -> None:
        """Begin the next part."""
        self._part, self._began, self._said = part, time.monotonic(), 0.0
        number = self._all - len(self._left) + 1
        left = duration(sum(self._left.values()))
        self._write(f"{part}: part {number} of {self._all}, about {left} left")

    def step(self, text: str) -> None:
        """Say what is measured now, unless something was said just before."""
        now = time.monotonic()
        if now - self._said < PAUSE:
            return
        self._said = now
        left = max(0.0, sum(self._left.values()) - (now - self._began))
        self._write(f"{self._part}: {text}, about {duration(left)} left")

    def end(self) -> None:
        """End the part."""
        self._left.pop(self._part, None)
        self._write(f"{self._part}: took {duration(time.monotonic() - self._began)}")

    def say(self, text: str) -> None:
        """Say something about the part."""
        self._write(f"{self._part}: {text}")

    def _write(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def duration(seconds: float) -> str:
    """Return ``40 s`` or ``3 min``."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
