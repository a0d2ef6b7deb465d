"""Two users, as in the question that Berth answers: one does quick tasks, alone and beside the other's heavy one.

The two must be in one process, since one waits for the other.
"""

from __future__ import annotations

from typing import Any

import gevent
from gevent.event import Event
from locust import events, task

from loadtests.run.options import at_least_one
from loadtests.scenarios.target import AppUser, Tasks, declare
from loadtests.steps import StepFailed

LEAD = 0.3
"""Seconds by which the heavy task is ahead."""

ALONE = 3
"""Quick tasks without the other one, in every round."""

LONGEST = 600.0
"""Seconds after which a task is given up."""

begin, over = Event(), Event()


def _options(parser: Any) -> None:
    parser.add_argument("--rounds", type=at_least_one, default=3, help="how often the heavy task is done (default 3)")


declare(_options)


@events.init.add_listener
def _two(environment: Any, **_: Any) -> None:
    environment.parsed_options.num_users = 2


@events.test_start.add_listener
def _calm(**_: Any) -> None:
    begin.clear()
    over.set()


class Quick(AppUser):
    """Does quick tasks, first alone, then beside the heavy one; the run is over after the last round."""

    persona = "quick"
    fixed_count = 1

    @task
    def all_rounds(self) -> None:
        """Do all rounds, and end the run."""
        given: Any = self.environment.parsed_options
        with self.trying():
            tasks = Tasks(self.tab())
            for _ in range(given.rounds):
                self._round(tasks)
            self.leave()
        gevent.spawn(self.environment.runner.quit)
        gevent.sleep(LONGEST)

    def _round(self, tasks: Tasks) -> None:
        quick = self.target.quick
        for _ in range(ALONE):
            tasks.do(quick, "quick", LONGEST)
        over.clear()
        begin.set()
        gevent.sleep(LEAD)
        while not over.is_set():
            tasks.do(quick, "quick", LONGEST)


class Heavy(AppUser):
    """Does the heavy task when the other one is ready for it."""

    persona = "heavy"
    fixed_count = 1

    @task
    def one_round(self) -> None:
        """Wait for a round, and do one heavy task."""
        tab = self.tab()
        tasks = Tasks(tab)
        while True:
            begin.wait()
            begin.clear()
            try:
                tasks.do(self.target.heavy, "heavy", LONGEST)
            except StepFailed:
                self.forsake()
                return
            finally:
                over.set()
