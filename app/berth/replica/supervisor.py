"""The supervisor: gives seats in its berths, and is the only authority over them."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from typing import Any

from berth import log as logs
from berth import memory, strays
from berth.errors import SeatUnavailable
from berth.replica.drain import Drain
from berth.replica.metrics import Metrics
from berth.replica.operations import listen
from berth.replica.pool import Pool
from berth.replica.process import Berth
from berth.replica.seats import Seat
from berth.replica.tracker import Tracker
from berth.replica.watch import Watch
from berth.serving import Serving
from berth.settings import Settings
from berth.status import Status
from berth.tickets import Keys

log = logging.getLogger("berth.replica")

TICK = 0.25
"""Seconds between two looks at all berths."""

LOOK_AT_FILES = 1.0
"""Seconds between two looks at the scripts."""

LAST_ANSWERS = 1.0
"""Seconds for which pages that lost their berth at the end of the grace can still ask why."""

REMEMBERED = 10_000
"""Visitors whose seat's end is remembered, so that their page can say why."""


class Supervisor:
    """One replica. All methods but ``serve`` are instant and never wait for a berth."""

    def __init__(self, settings: Settings, serving: Serving, context: ForkServerContext) -> None:
        self.settings = settings
        self.keys = Keys(settings.cookie_secret)
        self.metrics = Metrics()
        self.pool = Pool(settings, serving, context, self.metrics, self._hear, self._lost)
        self.cordoned = False
        self._dev = serving.dev
        self._watch = Watch(settings, self.pool.changes, self.metrics)
        self._ended: OrderedDict[str, str] = OrderedDict()
        self._looked_at = 0.0
        self._drain = Drain(settings.drain_grace)
        self._reports: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Run until drained. Raises ConfigurationError if the operations port is taken."""
        server = listen(self)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.drain)
        while not self._drained():
            try:
                self._tick(time.monotonic())
            except Exception:
                # Whatever is wrong with one berth, the others' visitors still need their supervisor.
                log.exception("a look at the berths failed")
            await asyncio.sleep(TICK)
        await self._end()
        server.stop()

    # Seats

    def reserve(self, visitor: str, user: str) -> Berth:
        """Return the berth in which the visitor has a seat, taking one if there is none.

        Raises SeatUnavailable with the reason.
        """
        now = time.monotonic()
        held, seat = self._seat_of(visitor)
        if held and seat:
            seat.comes(now)
            return held
        if self.draining or self.cordoned:
            raise SeatUnavailable("This replica takes no new visitors.")
        berth = self.pool.best(now)
        if berth is None:
            self.pool.want([visitor], now)
            raise SeatUnavailable(self.pool.problem or "All seats are taken.")
        self.pool.seated(visitor)
        self._ended.pop(visitor, None)
        berth.used = True
        berth.seats.take(visitor, user, now)
        berth.say(do="seat", visitor=visitor)
        log.info("%s: seat taken by %s", berth.name, user)
        self.metrics.seated.inc()
        self.pool.fill(now)
        return berth

    def want(self, visitors: list[str]) -> None:
        """Note that these visitors wait for seats, so that berths are started for them."""
        self.pool.want(visitors, time.monotonic())

    def release(self, visitor: str, reason: str) -> None:
        """End the visitor's seat."""
        berth, _ = self._seat_of(visitor)
        if berth:
            self._end_seat(berth, visitor, reason)

    def page_left(self, visitor: str, page: str) -> None:
        """Note that the visitor left a page."""
        berth, seat = self._seat_of(visitor)
        if berth and seat and page in seat.pages:
            seat.left(page, time.monotonic())
            berth.say(do="left", page=page)

    def active(self, visitor: str) -> None:
        """Note that the visitor did something."""
        berth, seat = self._seat_of(visitor)
        if berth and seat:
            if seat.warned:
                berth.say(do="notice", visitor=visitor, kind="active")
            seat.active(time.monotonic())

    def page_state(self, visitor: str, number: int, page: str) -> str:
        """Return ``here`` if the page's session lives in the berth of that number, else why it does not."""
        berth, seat = self._seat_of(visitor)
        if berth is None or seat is None or berth.birth.number != number:
            return self._ended.get(visitor, "gone")
        return "here" if page in seat.pages else "gone"

    def cordon(self, on: bool) -> None:
        """Take no new visitor, if nobody is here (SeatUnavailable otherwise); or take them again."""
        if on and self.taken:
            raise SeatUnavailable("There are visitors here.")
        self.cordoned = on

    def drain(self) -> None:
        """Take no new visitor, and end when the last one has left or the grace is over."""
        if self.draining:
            return
        log.info("draining: %s visitors are still here", self.taken)
        self._drain.begin(time.monotonic())
        self.pool.close()

    # What is told to others

    @property
    def draining(self) -> bool:
        """Whether this replica ends as soon as its visitors have left."""
        return self._drain.begun

    @property
    def taken(self) -> int:
        """Seats that are taken."""
        return sum(len(berth.seats) for berth in self.pool)

    def status(self) -> Status:
        """Return what ``/status`` says."""
        now = time.monotonic()
        return Status(
            seats=self.settings.max_berths * self.settings.seats,
            taken=self.taken,
            ready=0 if self.draining or self.cordoned else self.pool.free(now),
            draining=self.draining,
            cordoned=self.cordoned,
            problem=self.pool.problem,
            apps=self.pool.apps,
            berths=tuple(berth.status(now, self.settings.blocked_after) for berth in self.pool),
        )

    # What happens by itself

    def _tick(self, now: float) -> None:
        if now - self._looked_at >= LOOK_AT_FILES:
            self._looked_at = now
            if self.pool.follow_changes() and self._dev:
                self._end_all_seats("changed")
        for berth in self.pool:
            if berth.silent(now) >= self.settings.blocked_after:
                # It computes, so those who sit in it are not idle.
                for seat in berth.seats:
                    seat.active(now)
            for visitor, reason in berth.seats.over(now):
                self._end_seat(berth, visitor, reason)
            for visitor, left in berth.seats.to_warn(now):
                berth.say(do="notice", visitor=visitor, kind="idle", seconds=round(left))
            self._report(self._watch.look(berth, now))
        if self._drain.to_warn(now):
            self._warn(self._drain.ends_at - now)
        if not self.draining:
            self.pool.fill(now)
            self.pool.shrink(now)

    def _drained(self) -> bool:
        return self.draining and (not self.taken or self._drain.over(time.monotonic()))

    def _warn(self, left: float) -> None:
        log.info("draining: %s visitors are warned, %.0f s before the end", self.taken, left)
        for berth in self.pool:
            berth.say(do="closing", at=self._drain.ends_at)

    async def _end(self) -> None:
        """End the seats that are left, so that their pages say why, and all berths."""
        left = self.taken
        self._end_all_seats("drained")
        await self.pool.stop()
        if left:
            await asyncio.sleep(LAST_ANSWERS)

    def _hear(self, berth: Berth, message: dict[str, Any]) -> None:
        now = time.monotonic()
        if message.get("busy"):
            for seat in berth.seats:
                seat.active(now)
        if "page" in message:
            holder = berth.seats.get(message["visitor"])
            if holder:
                holder.page(message["page"], message["is"], now)

    def _lost(self, berth: Berth) -> None:
        for seat in berth.seats:
            log.warning("%s: its process ended (%s) under %s", berth.name, berth.exitcode, seat.user)
            self._remember(seat.visitor, "crashed")
            self.metrics.lost.inc()

    def _end_all_seats(self, reason: str) -> None:
        for berth in self.pool:
            for seat in list(berth.seats):
                self._end_seat(berth, seat.visitor, reason)

    def _end_seat(self, berth: Berth, visitor: str, reason: str) -> None:
        seat = berth.seats.get(visitor)
        log.info("%s: seat of %s is free again (%s)", berth.name, seat.user if seat else "?", reason)
        berth.seats.release(visitor)
        berth.say(do="unseat", visitor=visitor, reason=reason)
        self._remember(visitor, reason)
        if not len(berth.seats):
            berth.stop()

    def _remember(self, visitor: str, reason: str) -> None:
        self._ended[visitor] = reason
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def _seat_of(self, visitor: str) -> tuple[Berth | None, Seat | None]:
        for berth in self.pool:
            seat = berth.seats.get(visitor)
            if seat:
                return berth, seat
        return None, None

    def _report(self, work: Coroutine[Any, Any, None] | None) -> None:
        if work:
            task = asyncio.get_running_loop().create_task(work)
            self._reports.add(task)
            task.add_done_callback(self._reports.discard)


def run(settings: Settings, serving: Serving, context: ForkServerContext, tracker: Tracker) -> None:
    """Supervise berths forked from the server of ``context`` until told to end."""
    logs.configure(settings.log_level)
    memory.keep_little()
    strays.adopt()
    asyncio.run(_run(Supervisor(replace(settings, credentials=""), serving, context), tracker))


async def _run(supervisor: Supervisor, tracker: Tracker) -> None:
    tracker.listen()
    await supervisor.serve()
    tracker.clean()
