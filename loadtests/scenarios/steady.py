"""A mixed working day in minutes: people come, look, change something, compute now and then, think, and leave."""

from __future__ import annotations

import random
from enum import Enum

import gevent
from locust import task

from loadtests.scenarios.target import AppUser, Tasks, declare


class Mood(Enum):
    """What somebody does next."""

    LOOK = "look"
    CHANGE = "change"
    COMPUTE = "compute"
    GO = "go"


NEXT: dict[Mood, dict[Mood, float]] = {
    Mood.LOOK: {Mood.CHANGE: 0.7, Mood.COMPUTE: 0.15, Mood.GO: 0.15},
    Mood.CHANGE: {Mood.CHANGE: 0.5, Mood.LOOK: 0.3, Mood.COMPUTE: 0.15, Mood.GO: 0.05},
    Mood.COMPUTE: {Mood.LOOK: 0.6, Mood.CHANGE: 0.3, Mood.GO: 0.1},
}
"""How likely each is to follow; who goes comes again as somebody new."""

PAUSES: dict[Mood, tuple[float, float]] = {
    Mood.LOOK: (1.0, 6.0),
    Mood.CHANGE: (0.3, 2.0),
    Mood.COMPUTE: (0.5, 3.0),
    Mood.GO: (1.0, 8.0),
}
"""Seconds for which people think after it."""

declare()


class Worker(AppUser):
    """Somebody at work."""

    persona = "worker"

    @task
    def visit(self) -> None:
        """Come, work, and go."""
        self.newcomer()
        with self.trying():
            tasks = Tasks(self.tab())
            mood = Mood.LOOK
            while mood is not Mood.GO:
                self._act(mood, tasks)
                gevent.sleep(random.uniform(*PAUSES[mood]))
                mood = random.choices(list(NEXT[mood]), list(NEXT[mood].values()))[0]
            self.leave()
            gevent.sleep(random.uniform(*PAUSES[Mood.GO]))

    def _act(self, mood: Mood, tasks: Tasks) -> None:
        if mood is Mood.CHANGE:
            tasks.do(self.target.quick, "quick")
        elif mood is Mood.COMPUTE:
            tasks.do(self.target.heavy, "heavy")
