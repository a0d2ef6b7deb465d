"""How many jobs run at the same time in this process; the others wait in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol


class Waiting(Protocol):
    """What waits in a queue."""

    def begin(self) -> None:
        """Start; called once, when it is its turn, from any thread."""

    def moved(self) -> None:
        """Notice that the place in the queue has changed."""


class Queue:
    """First come, first served; ``limit`` run at once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._waiting: deque[Waiting] = deque()
        self._running: set[Waiting] = set()

    @property
    def busy(self) -> bool:
        """Whether any job runs or waits."""
        return bool(self._running or self._waiting)

    def add(self, job: Waiting) -> None:
        """Let a job wait for its turn, which may come at once."""
        with self._lock:
            self._waiting.append(job)
        self._go_on()

    def leave(self, job: Waiting) -> None:
        """Take out a job that has ended, or that waits no more."""
        with self._lock:
            self._running.discard(job)
            if job in self._waiting:
                self._waiting.remove(job)
        self._go_on()

    def place(self, job: Waiting) -> int:
        """Return the place of a job that waits, from 1; 0 for any other."""
        with self._lock:
            return self._waiting.index(job) + 1 if job in self._waiting else 0

    def _go_on(self) -> None:
        begun = []
        with self._lock:
            while self._waiting and len(self._running) < self.limit:
                job = self._waiting.popleft()
                self._running.add(job)
                begun.append(job)
            waiting = list(self._waiting)
        for job in begun:
            job.begin()
        for job in waiting:
            job.moved()
