"""Hours of short visits, each by somebody new: what grows meanwhile, leaks."""

from __future__ import annotations

import random

import gevent
from locust import task

from loadtests.scenarios.target import AppUser, Tasks, declare

PAUSE = (0.05, 0.3)
"""Seconds between two visits."""

declare()


class Passer(AppUser):
    """Comes, does one quick thing, and leaves."""

    persona = "passer-by"

    @task
    def visit(self) -> None:
        """Make one visit."""
        self.newcomer()
        with self.trying():
            Tasks(self.tab()).do(self.target.quick, "quick")
            self.leave()
        gevent.sleep(random.uniform(*PAUSE))
