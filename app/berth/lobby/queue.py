"""The queue of those who wait for a seat: who, since when, through which open pages. No I/O."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from berth.tickets import Visitor

GRACE = 5.0
"""Seconds for which a visitor without an open waiting page keeps the place: a reload, a lost connection."""

LONGEST = 10_000
"""Visitors that can wait at most."""

MOST_PAGES = 20
"""Waiting pages of one visitor at most."""


class QueueFull(Exception):
    """As many wait as can be told of."""


class Page(Protocol):
    """An open waiting page."""

    def tell(self, **message: object) -> None:
        """Send a message; one that cannot be sent is dropped."""

    def go(self) -> None:
        """Send the page to its seat."""

    def close(self, code: int) -> None:
        """End the connection; the code says why."""


@dataclass(eq=False)
class Entry:
    """A visitor who waits; ``absent_since`` counts only while no page is open."""

    visitor: Visitor
    arrived: float
    absent_since: float
    pages: set[Page] = field(default_factory=set)

    @property
    def key(self) -> tuple[float, str]:
        """What the order is made from: the arrival."""
        return self.arrived, self.visitor.id

    @property
    def present(self) -> bool:
        """Whether a waiting page is open."""
        return bool(self.pages)


class Queue:
    """Visitors in order of arrival. Arrivals are s since the epoch, other times monotonic. ``in`` takes an id."""

    def __init__(self) -> None:
        self._order: list[Entry] = []
        self._entries: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._order))

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._entries

    def get(self, visitor: Visitor) -> Entry | None:
        """Return the visitor's entry, if there is one."""
        return self._entries.get(visitor.id)

    def join(self, visitor: Visitor, arrived: float, now: float) -> Entry:
        """Return the visitor's entry, made if need be. Raises QueueFull."""
        entry = self._entries.get(visitor.id)
        if entry:
            entry.absent_since = now
            return entry
        if len(self._order) >= LONGEST:
            raise QueueFull
        entry = Entry(visitor, arrived, now)
        self._entries[visitor.id] = entry
        bisect.insort(self._order, entry, key=lambda other: other.key)
        return entry

    def open(self, entry: Entry, page: Page) -> None:
        """Note an open page. Raises QueueFull if the visitor has too many."""
        if len(entry.pages) >= MOST_PAGES:
            raise QueueFull
        entry.pages.add(page)

    def close(self, entry: Entry, page: Page, now: float) -> None:
        """Note that a page is closed; the visitor keeps the place for ``GRACE``."""
        entry.pages.discard(page)
        entry.absent_since = now

    def leave(self, visitor: Visitor) -> Entry | None:
        """Take the visitor out of the queue."""
        entry = self._entries.pop(visitor.id, None)
        if entry:
            self._order.remove(entry)
        return entry

    def expire(self, now: float) -> None:
        """Take those out whose grace is over."""
        for entry in self:
            if not entry.present and now - entry.absent_since > GRACE:
                self.leave(entry.visitor)

    def waits_before(self, visitor: Visitor) -> bool:
        """Whether somebody else has a better right to the next seat."""
        return bool(self._order) and self._order[0].visitor.id != visitor.id
