"""Tries what can be done on a page, each thing once or twice, and notes how long it keeps the server and what shows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from berth.errors import ConfigurationError
from loadtests.compare.actions import Action, actions
from loadtests.compare.guest import LIMIT, Changes, Ending, Guest, Mark
from loadtests.document import Document
from loadtests.servers import AppFailed, Server
from loadtests.steps import StepFailed

BUDGET = 60.0
"""Seconds for all tries together."""

OPENING = "opening the page"

SLOW = 0.1
"""Seconds that a bare message takes if the server was busy with something else."""

PAUSE = 0.06
"""Seconds between two bare messages; Panel begins with a new value 0.05 s after it has confirmed it."""

QUIET, SILENT = 0.4, 6.0
"""Seconds without news after which something is done: that has shown something; a press that has shown nothing."""

TWICE = 2.0
"""Seconds that a press takes at most to be repeated, to see by what its end is known."""

DECORATION = frozenset({"css_classes", "stylesheets", "styles", "disabled", "loading", "visible", "subscribed_events"})
"""Attributes whose changes say nothing of an end: Panel sets some of them at one time and not at another."""

LISTEN = 1.2
"""Seconds for which one looks what changes by itself."""


@dataclass(frozen=True)
class Tried:
    """What came of one action: ``busy`` (s) from sending it until its last effect. ``error`` is empty or says why not.

    ``unfinished``: it was given up at the limit.
    """

    action: Action
    busy: float
    ending: Ending | None = None
    unfinished: bool = False
    error: str = ""


@dataclass
class Findings:
    """What is on the page. ``opening`` is how long the page itself keeps a server (s); ``left_out`` was not tried."""

    opening: float = 0.0
    tried: list[Tried] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def useful(self) -> list[Tried]:
        """What was tried without an error."""
        return [one for one in self.tried if not one.error]


@dataclass
class Trial:
    """Tries things in a session of its own. ``say`` hears of each; ``wanted`` are labels, or none for all."""

    server: Server
    path: str
    say: Callable[[str], None]
    wanted: Sequence[str] = ()

    def run(self) -> Findings:
        """Raises AppFailed where the page does not come, ConfigurationError where nothing has a wanted label."""
        self._findings = Findings()
        self._deadline = time.perf_counter() + BUDGET
        self._open()
        try:
            for action in self._chosen():
                self._try(action)
        finally:
            self._leave()
        return self._findings

    def _open(self) -> None:
        self._guest = Guest(self.server, self.path, "trial")
        began = time.perf_counter()
        try:
            self._guest.come()
        except StepFailed as error:
            self._guest.visitor.close()
            words = self.server.last_words()
            raise AppFailed(f"The page {self.path} did not come: {error}. The server's last lines:\n{words}") from error
        if failure := self.server.failure():
            self._leave()
            raise failure
        self._ignored: frozenset[Mark] = frozenset()
        changes = Changes()
        with self._guest.tab.watching(changes):
            done, _ = self._follow(began, changes, QUIET, LIMIT)
            seen = len(changes.found)
            time.sleep(LISTEN)
        self._ignored = frozenset(mark for _, mark in changes.found[seen:])
        self._findings.opening = self._findings.opening or done - began

    def _leave(self) -> None:
        try:
            self._guest.leave()
        except StepFailed:
            # What the server was given to do may still keep it.
            return

    def _chosen(self) -> list[Action]:
        found = self._guest.tab.look(actions)
        if self.wanted:
            return [_labelled(label, found) for label in self.wanted]
        self._findings.left_out = [action.name for action in found if action.forbidden]
        return [action for action in found if not action.forbidden]

    def _try(self, action: Action) -> None:
        if time.perf_counter() > self._deadline:
            self._findings.left_out.append(action.name)
            return
        try:
            tried = self._measure(action)
        except (StepFailed, LookupError) as error:
            tried = Tried(action, 0.0, error=str(error))
        if self._guest.tab.lost or tried.unfinished:
            self._leave()
            self._open()
        self._findings.tried.append(tried)
        result = tried.error or f"{'more than ' if tried.unfinished else ''}{tried.busy:.2f} s"
        self.say(f"{action.name}: {result}")

    def _measure(self, action: Action) -> Tried:
        """Do it, and once more: a value is put back, and a press must end in the same way."""
        busy, first = self._once(action, 0)
        if busy >= LIMIT:
            return Tried(action, busy, unfinished=True)
        if not action.attribute and (busy > TWICE or not first):
            return Tried(action, busy, _ending(first))
        again, second = self._once(action, -1)
        if again >= LIMIT:
            return Tried(action, again, unfinished=True)
        ending = _ending(second)
        same = ending is not None and Counter(first)[ending.mark] == ending.count
        return Tried(action, max(busy, again), ending if same else None)

    def _once(self, action: Action, turn: int) -> tuple[float, list[Mark]]:
        """Do it once; return how long the server was busy with it (s), and what changed."""
        tab, changes = self._guest.tab, Changes()
        events = tab.look(lambda document: action.events(document, turn))
        before = tab.look(_waiting)
        with tab.watching(changes):
            began = time.perf_counter()
            try:
                tab.tell(*events, what=action.name, timeout=LIMIT)
            except StepFailed:
                if time.perf_counter() - began < LIMIT:
                    raise
                return LIMIT, []
            patience = QUIET if action.attribute else SILENT
            done, waits = self._follow(began, changes, patience, LIMIT, before)
        shown = [mark for _, mark in changes.found if mark not in self._ignored]
        return LIMIT if waits else done - began, shown

    def _follow(
        self, began: float, changes: Changes, patience: float, limit: float, before: int = 0
    ) -> tuple[float, bool]:
        """Watch until nothing more happens; return when the last thing did, and whether it was given up at the limit.

        A page that shows that it is loading, or that has disabled something, is not done.
        """
        done = asked = time.perf_counter()
        while asked - began < limit:
            try:
                took = self._guest.echo()
            except StepFailed:
                if self._guest.tab.lost:
                    raise
                return began + limit, True
            done = asked + took if took > SLOW else done
            shown = [at for at, mark in changes.found if mark not in self._ignored]
            done = max([done, *shown])
            quiet = time.perf_counter() - done
            if quiet > (QUIET if shown else patience) and self._guest.tab.look(_waiting) <= before:
                return done, False
            time.sleep(PAUSE)
            asked = time.perf_counter()
        return done, True


def _ending(shown: Sequence[Mark]) -> Ending | None:
    telling = [mark for mark in shown if mark[1] not in DECORATION]
    return Ending(telling[-1], Counter(telling)[telling[-1]]) if telling else None


def _waiting(document: Document) -> int:
    """Return how much of a page says that it is not ready."""
    return sum(_not_ready(model.attributes) for model in document.reachable())


def _not_ready(given: dict[str, object]) -> bool:
    classes = given.get("css_classes")
    loading = isinstance(classes, list) and "pn-loading" in classes
    return loading or given.get("disabled") is True or given.get("loading") is True


def _labelled(label: str, found: Iterable[Action]) -> Action:
    wanted = label.casefold()
    for action in found:
        if action.label.casefold() == wanted:
            return action
    there = ", ".join(repr(action.label) for action in found if action.label) or "nothing that has a label"
    raise ConfigurationError(f"Nothing on the page is labelled {label!r}: there are {there}.")
