"""A visitor of the app that is compared: comes, does things, sees when they are done, and leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadtests.browser import Limits
from loadtests.compare.actions import Action
from loadtests.document import Document
from loadtests.expectations import Expectation
from loadtests.protocol import Message
from loadtests.servers import Server
from loadtests.steps import Step
from loadtests.tab import Tab
from loadtests.visitor import Visitor

LIMIT = 20.0
"""Seconds after which an action is given up."""

SIZE = 256 * 2**20
"""Bytes of a message or file at most: an app's own tables are no error."""

Mark = tuple[str, str]
"""What a change is a change of: the model's type and the attribute, which are the same in every session."""


class Nowhere:
    """A recorder that keeps nothing: what is measured here is measured by who does it."""

    def record(self, step: Step) -> None:
        """Forget a step."""

    def place(self, visitor: str, place: int) -> None:
        """Forget a place."""


@dataclass(frozen=True)
class Ending:
    """By what one sees that an action is done: the ``count``-th change of this kind."""

    mark: Mark
    count: int


class Changes(Expectation):
    """Keeps when what changed. It is never met."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[float, Mark]] = []

    def hear(self, message: Message, texts: Sequence[str], document: Document, at: float) -> None:
        """Note what a patch changes."""
        self.found += [(at, mark) for mark in marks(message, document)]

    def fits(self, message: Message, texts: Sequence[str], document: Document) -> bool:
        """Return that there may be more."""
        return False

    def __str__(self) -> str:
        return "a change"


class Seen(Expectation):
    """So many changes of a kind."""

    def __init__(self, ending: Ending) -> None:
        super().__init__()
        self.ending = ending
        self._count = 0

    def fits(self, message: Message, texts: Sequence[str], document: Document) -> bool:
        """Return whether they have all come."""
        self._count += sum(mark == self.ending.mark for mark in marks(message, document))
        return self._count >= self.ending.count

    def __str__(self) -> str:
        return "the change that shows the end of it"


class Guest:
    """One visitor with one open page. All methods raise StepFailed when the server does not do its part."""

    def __init__(self, server: Server, path: str, name: str) -> None:
        self.visitor = Visitor(server.url, Nowhere(), name, "guest", limits=Limits(3 * LIMIT, 3 * LIMIT, SIZE))
        self.path = path
        self.tab: Tab
        self._turns: dict[str, int] = {}

    def come(self) -> float:
        """Open the page that stays open; return how long that took (s)."""
        began = time.perf_counter()
        self.tab = self.visitor.open(self.path)
        return time.perf_counter() - began

    def glance(self) -> float:
        """Open the page once more, leave it, and return how long opening took (s)."""
        began = time.perf_counter()
        tab = self.visitor.open(self.path)
        took = time.perf_counter() - began
        self.visitor.tabs.remove(tab)
        tab.leave()
        return took

    def echo(self, limit: float = LIMIT) -> float:
        """Say something to which nothing needs to be done; return how long the answer took (s), ``limit`` at most."""
        began = time.perf_counter()
        return self.tab.tell(what="a bare message", timeout=limit) - began

    def do(self, action: Action, ending: Ending | None, limit: float = LIMIT) -> float:
        """Do it, with the next value if it has some; return how long it took until its end was seen (s).

        Without an ``ending`` to look for that is when the server answers again.
        ``limit`` is in seconds.
        """
        events = self.tab.look(lambda document: action.events(document, self._turn(action)))
        began = time.perf_counter()
        if ending:
            return self.tab.tell(*events, what=action.name, until=Seen(ending), timeout=limit) - began
        self.tab.tell(*events, what=action.name, timeout=limit)
        self.echo()
        return time.perf_counter() - began

    def leave(self) -> None:
        """Close all pages as a browser does, and cut what is left."""
        try:
            for tab in self.visitor.tabs:
                if not tab.lost:
                    tab.leave()
        finally:
            self.visitor.close()

    def _turn(self, action: Action) -> int:
        self._turns[action.name] = self._turns.get(action.name, -1) + 1
        return self._turns[action.name]


def marks(message: Message, document: Document) -> Iterator[Mark]:
    """Yield what a message changes."""
    if message.kind != "PATCH-DOC":
        return
    for event in _mappings(message.content.get("events")):
        model = event.get("model")
        number = model.get("id") if isinstance(model, dict) else None
        found = document.models.get(str(number))
        yield (found.type if found else "", str(event.get("attr") or event.get("kind") or ""))


def together(guests: Sequence[Guest], limit: float = 3 * LIMIT) -> None:
    """Have them all come at the same time. Raises the first one's StepFailed."""
    problems: list[Exception] = []

    def come(guest: Guest) -> None:
        try:
            guest.come()
        except Exception as error:  # raised below, in the thread that waits
            problems.append(error)

    threads = [threading.Thread(target=come, args=(guest,), daemon=True) for guest in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(limit)
    if problems:
        raise problems[0]


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
