"""Visitors arrive: first one after the other, then many at once. How long does each wait for a seat?"""

from __future__ import annotations

from typing import Any

import gevent
from locust import LoadTestShape, task

from loadtests.run.options import above_zero, whole
from loadtests.scenarios.target import AppUser, Tasks, declare


def _options(parser: Any) -> None:
    parser.add_argument("--ramp", type=above_zero, default=30.0, help="seconds over which --users come (default 30)")
    parser.add_argument("--burst", type=whole, default=10, help="visitors who come all at once after that (default 10)")
    parser.add_argument("--stay", type=above_zero, default=20.0, help="seconds for which each one stays (default 20)")


declare(_options)


class Newcomer(AppUser):
    """Comes once, does one thing, stays, and leaves."""

    persona = "newcomer"

    @task
    def visit(self) -> None:
        """Come, look round, and leave; nobody comes twice."""
        with self.trying():
            tasks = Tasks(self.tab())
            tasks.do(self.target.quick, "quick")
            gevent.sleep(self.environment.parsed_options.stay)
            self.leave()
        gevent.sleep(10**6)


class Arrivals(LoadTestShape):
    """The ramp, then the burst; the run is over when the last may have left, or after ``--run-time``."""

    def tick(self) -> tuple[int, float] | None:
        """Return how many are wanted now, and how many more may come in a second."""
        assert self.runner
        given: Any = self.runner.environment.parsed_options
        first, now = given.num_users or 1, self.get_run_time()
        if given.run_time and now >= given.run_time:
            return None
        if now < given.ramp:
            return first, max(first / given.ramp, 0.01)
        if now < given.ramp + 2 * given.stay:
            return first + given.burst, 100.0
        return None
