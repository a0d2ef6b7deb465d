"""Quick users beside heavy ones: ``--heavy-share`` of all do heavy tasks again and again, with rests in between."""

from __future__ import annotations

import random
from typing import Any

import gevent
from locust import events, task

from loadtests.run.options import above_zero, share
from loadtests.scenarios.target import AppUser, Tasks, declare

THINK = (0.3, 1.0)
"""Seconds between two quick tasks."""


def _options(parser: Any) -> None:
    parser.add_argument("--heavy-share", type=share, default=0.25, help="part of the users who do heavy tasks")
    parser.add_argument("--rest", type=above_zero, default=3.0, help="seconds between two heavy tasks (default 3)")


declare(_options)


@events.init.add_listener
def _weigh(environment: Any, **_: Any) -> None:
    heavy = environment.parsed_options.heavy_share
    Heavy.weight, Quick.weight = max(heavy, 0.001), max(1.0 - heavy, 0.001)


class Quick(AppUser):
    """Does one quick task after the other."""

    persona = "quick"

    @task
    def work(self) -> None:
        """Do quick tasks until one fails."""
        with self.trying():
            tasks = Tasks(self.tab())
            while True:
                tasks.do(self.target.quick, "quick")
                gevent.sleep(random.uniform(*THINK))


class Heavy(AppUser):
    """Does heavy tasks, and rests after each."""

    persona = "heavy"

    @task
    def work(self) -> None:
        """Do heavy tasks until one fails."""
        with self.trying():
            tasks = Tasks(self.tab())
            while True:
                gevent.sleep(random.uniform(0.5, 1.5) * self.environment.parsed_options.rest)
                tasks.do(self.target.heavy, "heavy")
