"""The Locust user that every scenario builds on: a visitor of a Panel dashboard.

A locustfile of one's own needs a class and a task::

    from locust import task
    from loadtests.user import PanelUser

    class Analyst(PanelUser):
        @task
        def compute(self):
            self.tab().click("Run", until="done", work="heavy")
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from locust import User
from locust.runners import WorkerRunner

from loadtests.browser import Limits
from loadtests.run.session import Session, session_of
from loadtests.steps import Diary, StepFailed, Timer, Work
from loadtests.tab import Tab
from loadtests.visitor import Visitor

PAUSE = 1.0
"""Seconds after a failure before a visitor comes again."""

FAREWELL = 2.0
"""Seconds for which a visitor says that they leave when the run is over."""

SLACK = 5.0
"""Seconds beyond its own limit after which a step is ended whatever it waits for."""

LONG = ("open", "seat", "waiting room", "reconnect")
"""Steps that hold others, or wait for a seat."""

_numbers = itertools.count(1)


class PanelUser(User):
    """A visitor with a browser of their own. ``persona`` is what the report calls them."""

    abstract = True
    persona = "visitor"

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.session: Session = session_of(environment)
        self.options = self.session.options
        self.page = self.options.page
        self.number = next(_numbers)
        self.visits = 0
        self.visitor = self._newcomer()

    def newcomer(self) -> Visitor:
        """Go away without a word if somebody is there, and return somebody new with an empty browser."""
        self.visitor.close()
        self.visitor = self._newcomer()
        return self.visitor

    def tab(self) -> Tab:
        """Return the tab that is open, or open one. What became of a lost one is recorded as its session's end."""
        for tab in list(self.visitor.tabs):
            if not tab.lost:
                return tab
            tab.give_up(tab.lost)
            self.visitor.tabs.remove(tab)
        return self.visitor.open(self.page)

    def leave(self) -> None:
        """Leave all tabs as a browser does. A session that was lost and is not there again stays lost."""
        for tab in list(self.visitor.tabs):
            self.visitor.tabs.remove(tab)
            tab.give_up(tab.lost) if tab.lost else tab.leave()

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Let a failed step, which is recorded already, end what is done within, and not the visitor."""
        try:
            yield
        except StepFailed:
            self.forsake()
            gevent.sleep(PAUSE)

    def forsake(self) -> None:
        """Drop all tabs without a word."""
        for tab in list(self.visitor.tabs):
            self.visitor.tabs.remove(tab)
            tab.give_up(tab.lost) if tab.lost else tab.forsake()

    def on_stop(self) -> None:
        """Leave, if the server hears it, and close every connection."""
        with gevent.Timeout(FAREWELL, False), self.trying():
            self.leave()
        self.forsake()
        self.visitor.close()

    def _newcomer(self) -> Visitor:
        self.visits += 1
        given = self.options.credentials
        limits = Limits(self.options.step_limit, self.options.waiting_limit)
        name = f"{self.persona}-{self._place}{self.number}" + (f".{self.visits}" if self.visits > 1 else "")
        credentials = given[(self.number - 1) % len(given)] if given else ""
        visitor = Visitor(self.host or "", self.session.recording, name, self.persona, credentials, limits)
        visitor.diary = BoundedDiary(visitor.diary, limits)
        return visitor

    @property
    def _place(self) -> str:
        """Which worker this is, since visitors of two must not have the same name."""
        runner = self.environment.runner
        return f"{runner.worker_index}." if isinstance(runner, WorkerRunner) else ""


class BoundedDiary(Diary):
    """Ends a step that neither ends nor fails by itself: a server may send a byte a second for ever."""

    def __init__(self, diary: Diary, limits: Limits) -> None:
        super().__init__(diary.recorder, diary.visitor, diary.persona)
        self._limits = limits

    @contextmanager
    def step(self, name: str, work: Work = "", limit: float = 0.0) -> Iterator[Timer]:
        """Time what is done within, and raise StepFailed when it takes too long."""
        within = self._limits.waiting + 3 * self._limits.step if name in LONG else 0.0
        most = max(limit, self._limits.step) + SLACK + within
        with super().step(name, work, limit) as timer, gevent.Timeout(most, StepFailed(f"no answer in {most:.0f} s")):
            yield timer
