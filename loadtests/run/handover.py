"""How workers hand over the last of what their visitors did: Locust ends a run without waiting for that."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from loadtests.run.folder import Rows

LEAVE, LEFT = "loadtests-leave", "loadtests-left"
"""What the master says to its workers, and what each answers, with its lines."""

PATIENCE = 5.0
"""Seconds, beyond Locust's ``--stop-timeout``, in which visitors of all workers must have left."""

LOOK = 0.05


class Gathering:
    """The master's side: ``take`` gets the lines of each worker whose visitors have left."""

    def __init__(self, runner: MasterRunner, take: Callable[[Rows], None]) -> None:
        self._runner = runner
        self._take = take
        self._left: set[str] = set()
        runner.register_message(LEFT, self._hear)

    def gather(self) -> None:
        """Have visitors of all workers leave, and wait for their lines, but not for a worker that has died."""
        self._left.clear()
        self._runner.send_message(LEAVE)
        deadline = time.monotonic() + PATIENCE + (self._runner.environment.stop_timeout or 0.0)
        while self._missing() and time.monotonic() < deadline:
            gevent.sleep(LOOK)

    def _missing(self) -> bool:
        return any(one.id not in self._left for one in self._runner.clients.all if one.state != STATE_MISSING)

    def _hear(self, environment: Any, msg: Any) -> None:
        self._take(msg.data)
        self._left.add(msg.node_id)


def hand_over(runner: WorkerRunner, lines: Callable[[], Rows]) -> None:
    """Be ready to have all visitors of this worker leave, and to send ``lines`` then."""

    def leave(environment: Any, msg: Any) -> None:
        runner.stop()
        runner.send_message(LEFT, dict(lines()))

    runner.register_message(LEAVE, leave, concurrent=True)
