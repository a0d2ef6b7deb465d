"""Who sits in a berth, and until when: rules over time, without clocks and I/O.

A page is one load of a dashboard in a tab. Its state goes ``opening`` (the
request is being answered) → ``served`` → ``open`` (its WebSocket lives) →
``lost``; a page that says it was left is forgotten at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

PageState = Literal["opening", "served", "open", "lost"]

ARRIVING_GRACE = 20.0
"""Seconds in which a visitor who was given this seat asks for the first page: networks are slow, however short
the time is for which a seat that was left is kept."""

CONNECTING_GRACE = 60.0
"""Seconds that a page has to fetch its scripts and open its WebSocket."""


@dataclass(frozen=True)
class Graces:
    """How long (s) a seat is kept without an open page, and when an idle one ends.

    ``left`` counts from the last page that was left, ``lost`` from a lost
    connection, ``idle`` from the last input (0: never), ``warning`` is how
    long before that the visitor is warned.
    """

    left: float
    lost: float
    idle: float = 0.0
    warning: float = 60.0


@dataclass
class Page:
    """One page and since when (s) it is in its state."""

    state: PageState
    since: float


@dataclass
class Seat:
    """A visitor's place in a berth. All times are of one monotonic clock, in seconds."""

    visitor: str
    user: str
    taken_at: float
    active_at: float = 0.0
    left_at: float = 0.0
    arrives_until: float = 0.0
    warned: bool = False
    pages: dict[str, Page] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.active_at = self.left_at = self.taken_at
        self.comes(self.taken_at)

    def page(self, page: str, state: PageState | Literal["closed"], now: float) -> None:
        """Note a page's new state. A page that was left stays forgotten when its connection ends."""
        if state == "closed":
            self.pages.pop(page, None)
            return
        if state == "lost" and page not in self.pages:
            return
        if state in ("opening", "open"):
            self.active(now)
            self.arrives_until = 0.0
        self.pages[page] = Page(state, now)

    def comes(self, now: float) -> None:
        """Note that the visitor is on the way to this seat, which must not end meanwhile."""
        self.arrives_until = now + ARRIVING_GRACE

    def left(self, page: str, now: float) -> None:
        """Note that the visitor left ``page``."""
        self.pages.pop(page, None)
        self.left_at = now

    def active(self, now: float) -> None:
        """Note that the visitor, or a job of theirs, did something."""
        self.active_at = now
        self.warned = False

    def ends_at(self, graces: Graces) -> float:
        """Return when the seat is free again for want of pages; infinity while there is an open one."""
        ends = [self.left_at + graces.left, self.arrives_until]
        for page in self.pages.values():
            if page.state in ("open", "opening"):
                return float("inf")
            ends.append(page.since + (graces.lost if page.state == "lost" else CONNECTING_GRACE))
        return max(ends)

    def idle_left(self, graces: Graces, now: float) -> float:
        """Return the seconds until the visitor has been idle for too long; infinity if that is off."""
        return self.active_at + graces.idle - now if graces.idle else float("inf")


class Seats:
    """The seats of one berth."""

    def __init__(self, size: int, graces: Graces) -> None:
        self.size = size
        self.graces = graces
        self._seats: dict[str, Seat] = {}

    def __len__(self) -> int:
        return len(self._seats)

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats.values())

    def __contains__(self, visitor: str) -> bool:
        return visitor in self._seats

    @property
    def free(self) -> int:
        """How many more visitors fit."""
        return self.size - len(self._seats)

    def get(self, visitor: str) -> Seat | None:
        """Return the visitor's seat, if there is one."""
        return self._seats.get(visitor)

    def take(self, visitor: str, user: str, now: float) -> Seat:
        """Give the visitor a seat. The caller has looked whether one is free."""
        seat = self._seats[visitor] = Seat(visitor, user, now)
        return seat

    def release(self, visitor: str) -> None:
        """Free the visitor's seat."""
        self._seats.pop(visitor, None)

    def over(self, now: float) -> list[tuple[str, str]]:
        """Return visitor and reason (``left`` or ``idle``) of every seat that has ended."""
        ended = []
        for seat in self._seats.values():
            if seat.ends_at(self.graces) <= now:
                ended.append((seat.visitor, "left"))
            elif seat.idle_left(self.graces, now) <= 0:
                ended.append((seat.visitor, "idle"))
        return ended

    def to_warn(self, now: float) -> list[tuple[str, float]]:
        """Return visitor and seconds left of every idle one not yet warned, and note the warning."""
        warned = []
        for seat in self._seats.values():
            left = seat.idle_left(self.graces, now)
            if not seat.warned and left <= self.graces.warning:
                seat.warned = True
                warned.append((seat.visitor, left))
        return warned
