"""People come, reload, lose their network, come back, or never do: at the end no seat may be taken by nobody."""

from __future__ import annotations

import random
from enum import Enum

import gevent
from locust import task

from loadtests.scenarios.target import AppUser, Tasks, declare


class Fate(Enum):
    """What becomes of a visit."""

    LEAVES = "leaves"
    RELOADS = "reloads"
    LOSES_NETWORK = "loses the network for a moment"
    VANISHES = "never comes back"


CHANCES = {Fate.LEAVES: 0.4, Fate.RELOADS: 0.25, Fate.LOSES_NETWORK: 0.25, Fate.VANISHES: 0.1}

OFFLINE = (0.0, 2.0)
PAUSE = (0.1, 1.0)
"""Seconds without a network, and between two things that somebody does."""

declare()


class Restless(AppUser):
    """Somebody new every time."""

    persona = "restless"

    @task
    def visit(self) -> None:
        """Come, do something, and let fate decide."""
        self.newcomer()
        with self.trying():
            tasks = Tasks(self.tab())
            tasks.do(self.target.quick, "quick")
            fate = random.choices(list(CHANCES), list(CHANCES.values()))[0]
            if fate is Fate.VANISHES:
                self.forsake()
                return
            if fate is not Fate.LEAVES:
                self._go_through(fate, tasks)
            self.leave()
        gevent.sleep(random.uniform(*PAUSE))

    def _go_through(self, fate: Fate, tasks: Tasks) -> None:
        """Reload the page, or lose the network and find the session as it was; then go on."""
        if fate is Fate.RELOADS:
            self.leave()
            tasks = Tasks(self.tab())
        else:
            tasks.tab.cut()
            gevent.sleep(random.uniform(*OFFLINE))
            tasks.tab.reconnect()
        tasks.do(self.target.quick, "quick")
