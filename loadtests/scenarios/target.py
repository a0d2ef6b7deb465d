"""What a scenario presses, and how it sees that it is done: options, so that every scenario runs against any app."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from locust import events
from locust.env import Environment

from loadtests.action import PRESETS, Action, Target
from loadtests.document import readable
from loadtests.run.session import or_exit
from loadtests.steps import Work
from loadtests.tab import Tab
from loadtests.user import PanelUser


def declare(*more: Callable[[Any], None]) -> None:
    """Add the options of the app to a scenario's, and those that ``more`` adds, each given the parser."""

    @events.init_command_line_parser.add_listener
    def _declare(parser: Any) -> None:
        group = parser.add_argument_group("The app")
        group.add_argument("--app", choices=[*PRESETS, "own"], default="lock", help="which one it is (default lock)")
        group.add_argument("--quick", default="", help="quick task: a button's label, or LABEL=VALUE|VALUE to set")
        group.add_argument("--quick-done", default="", help="text that shows its end (regular expression)")
        group.add_argument("--heavy", default="", help="heavy task, likewise")
        group.add_argument("--heavy-done", default="", help="likewise, or {enabled}: its button is on again")
        for add in more:
            add(parser)

    @events.init.add_listener
    def _check(environment: Environment, **_: Any) -> None:
        given: Any = environment.parsed_options
        given.page = or_exit(target_of, environment).page


def target_of(environment: Environment) -> Target:
    """Return the app that the options describe. Raises ConfigurationError."""
    given: Any = environment.parsed_options
    if given.app == "own":
        quick = Action.of("quick", given.quick, given.quick_done)
        return Target(given.page, quick, Action.of("heavy", given.heavy or given.quick, given.heavy_done))
    known = PRESETS[given.app]
    page = given.page if given.page != "/" else known.page
    quick = Action.of("quick", given.quick, given.quick_done) if given.quick else known.quick
    heavy = Action.of("heavy", given.heavy, given.heavy_done) if given.heavy else known.heavy
    return replace(known, page=page, quick=quick, heavy=heavy)


class Tasks:
    """Counts a tab's tasks, so that none takes an older one's text for its own."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self._numbers = itertools.count(1)

    def do(self, action: Action, work: Work = "", timeout: float = 0.0) -> float:
        """Do it once more; return how long it took (s)."""
        return action.perform(self.tab, next(self._numbers), work, timeout)

    def resume(self, action: Action) -> None:
        """Go on counting from what the page shows, where nobody knows whether the last task was heard of."""
        pattern = re.compile(action.done.replace("{n}", r"(\d+)"))
        texts = (text for model in self.tab.document.reachable() for text in model.attributes.values())
        found = [one for text in texts if isinstance(text, str) and (one := pattern.search(readable(text)))]
        if pattern.groups and found:
            self._numbers = itertools.count(int(found[-1].group(1)) + 1)


class AppUser(PanelUser):
    """A visitor of the app that the options describe."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.target = target_of(environment)
        self.page = self.target.page
