"""Visitors stay and work while commands change the system: ``--disrupt "20:kubectl rollout restart …"``.

The number in a task's result proves that the session is the one that it was: a
session that begins anew begins to count anew.
"""

from __future__ import annotations

import subprocess
import time
from typing import Any

import gevent
from locust import events, task
from locust.runners import WorkerRunner

from berth.errors import ConfigurationError
from loadtests.run.session import or_exit, session_of
from loadtests.scenarios.target import AppUser, Tasks, declare
from loadtests.steps import Step, StepFailed

PAUSE = 0.5
"""Seconds between two tasks."""

BACK = 60.0
"""Seconds within which a connection that was cut must be there again."""

NOTICE, SETTLE = 0.2, 2.0
"""Seconds until a broken connection is known to be, and in which a task that was under way ends."""


def _options(parser: Any) -> None:
    parser.add_argument(
        "--disrupt",
        action="append",
        default=[],
        metavar="SECONDS:COMMAND",
        help="command, run so far into the run",
    )


declare(_options)


class Resident(AppUser):
    """Works in one session from the first moment to the last."""

    persona = "resident"

    @task
    def stay(self) -> None:
        """Do quick tasks; where the connection breaks, come back to the same session."""
        with self.trying():
            tasks = Tasks(self.tab())
            while True:
                self._work(tasks)
                gevent.sleep(PAUSE)

    def _work(self, tasks: Tasks) -> None:
        tab = tasks.tab
        try:
            tasks.do(self.target.quick, "quick")
        except StepFailed:
            gevent.sleep(NOTICE)
            if not tab.lost:
                raise
        if tab.lost:
            tab.reconnect(BACK)
            gevent.sleep(SETTLE)
            tasks.resume(self.target.quick)


def read(order: str) -> tuple[float, str]:
    """Return when a command is due (s) and the command. Raises ConfigurationError."""
    seconds, colon, command = order.partition(":")
    try:
        due = float(seconds)
    except ValueError:
        due = -1.0
    if due < 0 or not colon or not command.strip():
        raise ConfigurationError(f"--disrupt {order!r}: give SECONDS:COMMAND, as in '20:kubectl delete pod x'.")
    return due, command.strip()


@events.init.add_listener
def _check(environment: Any, **_: Any) -> None:
    for order in environment.parsed_options.disrupt:
        or_exit(read, order)


@events.test_start.add_listener
def _arrange(environment: Any, **_: Any) -> None:
    if not isinstance(environment.runner, WorkerRunner):
        for due, command in map(read, environment.parsed_options.disrupt):
            gevent.spawn_later(due, _disrupt, environment, command)


def _disrupt(environment: Any, command: str) -> None:
    """Run a command, and record it as a step of its own."""
    at, began = time.time(), time.perf_counter()
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    error = f"exit code {ended.returncode}: {ended.stderr.strip()[-200:]}" if ended.returncode else ""
    step = Step(at, time.perf_counter() - began, "operator", "operator", f"run {command[:60]}", error=error)
    session_of(environment).recording.record(step)
