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
from loadtests.run.options import above_zero
from loadtests.run.session import or_exit, session_of
from loadtests.scenarios.target import AppUser, Tasks, declare
from loadtests.steps import Step, StepFailed
from loadtests.tab import Tab

PAUSE, LOOK = 0.5, 0.05
"""Seconds between two tasks, and between two looks at the connection meanwhile."""

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
    parser.add_argument(
        "--back-within",
        type=above_zero,
        default=60.0,
        help="seconds in which a session whose connection broke must be there again, or is lost (default 60)",
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
                self._pause(tasks.tab)

    def _work(self, tasks: Tasks) -> None:
        if tasks.tab.lost:
            tasks.tab.reconnect(self.environment.parsed_options.back_within)
            gevent.sleep(SETTLE)
            tasks.resume(self.target.quick)
        try:
            tasks.do(self.target.quick, "quick")
        except StepFailed:
            gevent.sleep(NOTICE)
            if not tasks.tab.lost:
                raise

    def _pause(self, tab: Tab) -> None:
        """Rest, but not while the connection is broken: a page tries at once to come back."""
        rested = 0.0
        while rested < PAUSE and not tab.lost:
            gevent.sleep(LOOK)
            rested += LOOK


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
