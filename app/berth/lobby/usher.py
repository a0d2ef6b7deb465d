"""Gives seats in the order of arrival: at the door to newcomers, in the waiting room to those who wait."""

from __future__ import annotations

import asyncio
import logging
import time

from berth.errors import SeatUnavailable
from berth.lobbies import News, Waiting
from berth.lobby.arrivals import Arrivals
from berth.lobby.elsewhere import Elsewhere, before
from berth.lobby.fleet import Fleet
from berth.lobby.metrics import Metrics
from berth.lobby.queue import Entry, Page, Queue
from berth.tickets import Keys, Ticket, Visitor

logger = logging.getLogger(__name__)

SOON, EVERY = 0.1, 0.25
"""Seconds between looks at the supervisors while somebody waits: where there is one, and where there are several."""

MOST_QUESTIONS = 200
"""Supervisors asked in a second; where there are more, looks are further apart."""

WANT_EVERY = 1.0
"""Seconds after which supervisors, who forget it, hear again who waits for the seats that they are making ready."""

SETTLING = 2.0
"""Seconds after a start into a full house in which those who waited before may come back first."""

RENEWAL = 15.0
"""Seconds after which a waiting page gets a new stamp."""


class Usher:
    """The only one who reserves seats. ``open_house``: only for visitors with an open waiting page."""

    def __init__(self, fleet: Fleet, keys: Keys, open_house: bool) -> None:
        self.fleet = fleet
        self.queue = Queue()
        self.elsewhere = Elsewhere(self.queue)
        self.metrics = Metrics()
        self.arrivals = Arrivals(keys)
        self._open_house = open_house
        self._wake = asyncio.Event()
        self._settled_at = 0.0
        self._stamped: dict[str, float] = {}
        self._wanted: tuple[float, list[Visitor]] = (-WANT_EVERY, [])

    async def look_around(self) -> None:
        """Find out, at the start, whether others may have waited here before."""
        await self.fleet.look()
        if self.fleet.reachable and not self.fleet.free:
            self._settled_at = time.monotonic() + SETTLING

    def hear(self, news: News) -> None:
        """Take the controller's word for it which replicas there are and who waits at other lobbies."""
        self.fleet.hear(news)
        self.elsewhere.hear(news.waiting)

    def waiting(self) -> tuple[Waiting, ...]:
        """Return who waits here, in order."""
        return tuple(Waiting(*entry.key) for entry in self.queue)

    async def seat(self, visitor: Visitor) -> Ticket | None:
        """Return a ticket to the seat that the visitor has or may have now, else None."""
        if await self._must_wait(visitor):
            return None
        try:
            ticket = await self.fleet.reserve(visitor)
        except SeatUnavailable:
            return None
        self._seated(visitor)
        return ticket

    def wait(self, visitor: Visitor, stamp: str = "") -> Entry:
        """Put the visitor into the queue. Raises QueueFull."""
        entry = self.queue.get(visitor)
        if entry is None:
            logger.info("visitor %s (%s) waits, %s before", visitor.id, visitor.user, len(self.queue))
        entry = self.queue.join(visitor, self.arrivals.of(visitor, stamp), time.monotonic())
        self._wake.set()
        return entry

    def open(self, entry: Entry, page: Page) -> None:
        """Note that a waiting page is open, and look at once whether there is a seat. Raises QueueFull."""
        self.queue.open(entry, page)
        self._stamped.pop(entry.visitor.id, None)
        self._wake.set()

    def close(self, entry: Entry, page: Page) -> None:
        """Note that a waiting page was closed."""
        self.queue.close(entry, page, time.monotonic())

    def place(self, entry: Entry) -> int:
        """Return the visitor's place in the queue, from 1."""
        own = next((place for place, other in enumerate(self.queue, 1) if other is entry), 1)
        return own + before(self.elsewhere.waiting(), entry.key)

    @property
    def length(self) -> int:
        """How many wait, here and elsewhere."""
        return len(self.queue) + len(self.elsewhere.waiting())

    async def run(self) -> None:
        """Seat those who wait, for ever. Nothing is asked while nobody waits."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while len(self.queue):
                await self._survive_round()

    async def _survive_round(self) -> None:
        try:
            await self._round()
        except Exception:
            # Whatever went wrong for one visitor, the others still wait to be seated.
            logger.exception("a round of seating failed")
            await asyncio.sleep(EVERY)

    async def _round(self) -> None:
        began = time.monotonic()
        self.queue.expire(began)
        await self.fleet.look()
        if began >= self._settled_at:
            await self._fill()
        self._tell()
        pause = max(min(SOON * self.fleet.size, EVERY), self.fleet.size / MOST_QUESTIONS)
        rest = pause - (time.monotonic() - began)
        try:
            # A page that has just opened does not wait for the next look.
            await asyncio.wait_for(self._wake.wait(), max(rest, 0.01))
        except TimeoutError:
            return
        self._wake.clear()

    async def _fill(self) -> None:
        free, ready = self.fleet.free, self.fleet.ready
        elsewhere = self.elsewhere.waiting()
        wanting = []
        for entry in self.queue:
            if self.fleet.holds(entry.visitor):
                await self._give(entry)
                continue
            if free <= 0:
                continue
            # A place is kept for somebody whose page is just being loaded again.
            free -= 1
            if not entry.present:
                continue
            # Where somebody at another lobby came earlier, only a seat that is there for both is given.
            if ready > before(elsewhere, entry.key):
                ready -= 1
                if await self._give(entry):
                    continue
                # Nobody behind is given what the first was refused.
                ready = 0
            wanting.append(entry.visitor)
        self._want(wanting)

    def _want(self, visitors: list[Visitor]) -> None:
        """Have berths started for all who might get a seat, not for the first alone."""
        said_at, said = self._wanted
        now = time.monotonic()
        if visitors and (visitors != said or now - said_at >= WANT_EVERY):
            self._wanted = now, visitors
            self.fleet.want(visitors)

    async def _give(self, entry: Entry) -> bool:
        if not entry.present:
            return False
        try:
            await asyncio.wait_for(self.fleet.reserve(entry.visitor), 1.0)
        except (SeatUnavailable, TimeoutError):
            return False
        pages = list(entry.pages)
        self._seated(entry.visitor)
        waited = time.time() - entry.arrived
        self.metrics.waited.observe(waited)
        logger.info("visitor %s is seated after %.1f s", entry.visitor.id, waited)
        for page in pages:
            page.go()
        return True

    async def _must_wait(self, visitor: Visitor) -> bool:
        settling = time.monotonic() < self._settled_at
        others = len(self.elsewhere.waiting(besides=visitor.id))
        overtakes = self.queue.waits_before(visitor) or bool(others and others >= self.fleet.ready)
        if not (self._open_house or settling or overtakes):
            return False
        await self.fleet.look()
        return not self.fleet.holds(visitor)

    def _seated(self, visitor: Visitor) -> None:
        self._stamped.pop(visitor.id, None)
        self.queue.leave(visitor)

    def _tell(self) -> None:
        reason = self.reason()
        elsewhere = self.elsewhere.waiting()
        of = len(self.queue) + len(elsewhere)
        for place, entry in enumerate(self.queue, 1):
            news: dict[str, object] = {"place": place + before(elsewhere, entry.key), "of": of, "reason": reason}
            news["problem"], news["shortage"] = self.fleet.problem, self.fleet.shortage
            news["waited"] = round(time.time() - entry.arrived, 1)
            news |= self._stamp(entry)
            for page in entry.pages:
                page.tell(**news)

    def _stamp(self, entry: Entry) -> dict[str, object]:
        now = time.monotonic()
        if not entry.present or now - self._stamped.get(entry.visitor.id, -RENEWAL) < RENEWAL:
            return {}
        self._stamped[entry.visitor.id] = now
        return {"stamp": self.arrivals.stamp(entry.visitor, entry.arrived)}

    def reason(self) -> str:
        """Return why visitors wait: ``full``, ``starting``, ``failing`` or ``unreachable``."""
        if self.fleet.problem:
            return "failing"
        if self.fleet.free or self.fleet.coming:
            return "starting"
        return "full" if self.fleet.reachable else "unreachable"
