"""The supervisor: keeps fresh berths ready, gives seats, and replaces what was used, died or got stuck."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import secrets
import signal
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from typing import Any

from berth import log as logs
from berth.errors import ConfigurationError, SeatUnavailable
from berth.replica import preload
from berth.replica.changes import Changes
from berth.replica.guest.main import Birth
from berth.replica.metrics import Metrics
from berth.replica.operations import listen
from berth.replica.process import Berth
from berth.replica.seats import Graces, Seats
from berth.replica.watch import Watch
from berth.serving import Serving
from berth.settings import Settings
from berth.status import App, Status
from berth.tickets import Keys

log = logging.getLogger("berth.replica")

TICK = 0.25
"""Seconds between two looks at all berths."""

LOOK_AT_FILES = 1.0
"""Seconds between two looks at the scripts."""

WANTED_FOR = 2.0
"""Seconds for which a visitor who found no seat counts as demand."""

FIRST_RETRY, LAST_RETRY = 0.5, 30.0
"""Seconds until a berth that failed to start is tried again: the first time, and at most."""

PORT_PAUSE = 5.0
"""Seconds for which a berth whose port somebody else has is not tried again."""

SURPLUS_PATIENCE = 30.0
"""Seconds for which an unused berth beyond the spares is kept."""

REMEMBERED = 10_000
"""Visitors whose seat's end is remembered, so that their page can say why."""


class Supervisor:
    """One replica. All methods but ``serve`` are instant and never wait for a berth."""

    def __init__(self, settings: Settings, serving: Serving) -> None:
        self.settings = settings
        self.keys = Keys(settings.cookie_secret)
        self.serving = serving
        self.changes = Changes(serving)
        self.metrics = Metrics()
        self.watch = Watch(settings, self.changes, self.metrics)
        self.berths: dict[int, Berth] = {}
        self.apps: tuple[App, ...] = ()
        self.proven = False
        self.draining = False
        self.cordoned = False
        self._problem = "The dashboards are being started."
        self._wanted: dict[str, float] = {}
        self._avoided: dict[int, float] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()
        self._retry_at = 0.0
        self._retry_pause = FIRST_RETRY
        self._forking = ThreadPoolExecutor(1, "fork")
        self._context = forkserver(settings, serving)
        self._tasks: set[asyncio.Task[None]] = set()
        self._drained = asyncio.Event()

    async def serve(self) -> None:
        """Run until drained."""
        server = listen(self)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.drain)
        loop.add_signal_handler(signal.SIGINT, self.drain)
        deadline = None
        looked_at = 0.0
        while not self._drained.is_set():
            now = time.monotonic()
            if now - looked_at >= LOOK_AT_FILES:
                looked_at = now
                self._follow_changes()
            self._tick(now)
            if self.draining:
                deadline = deadline or now + self.settings.drain_grace
                self._end_drain(now >= deadline)
            await asyncio.sleep(TICK)
        server.stop()
        await self._stop_all()

    # Seats

    def reserve(self, visitor: str, user: str) -> Berth:
        """Return the berth in which the visitor has a seat, taking one if there is none.

        Raises SeatUnavailable with the reason.
        """
        now = time.monotonic()
        held = self._berth_of(visitor)
        if held:
            return held
        if self.draining or self.cordoned:
            raise SeatUnavailable("This replica takes no new visitors.")
        offers = [berth for berth in self.berths.values() if berth.offers(now, self.settings.blocked_after)]
        if not offers:
            self._wanted[visitor] = now
            self._fill(now)
            raise SeatUnavailable(self.problem or "All seats are taken.")
        berth = min(offers, key=lambda one: (len(one.seats), one.version != self.changes.version, one.birth.index))
        self._wanted.pop(visitor, None)
        self._ended.pop(visitor, None)
        berth.used = True
        berth.seats.take(visitor, user, now)
        berth.say(do="seat", visitor=visitor)
        log.info("%s: seat taken by %s", berth.name, user)
        self.metrics.seated.inc()
        self._fill(now)
        return berth

    def want(self, visitors: list[str]) -> None:
        """Note that these visitors wait for seats, so that berths are started for them."""
        now = time.monotonic()
        self._wanted.update(dict.fromkeys(visitors, now))
        self._fill(now)

    def release(self, visitor: str, reason: str) -> None:
        """End the visitor's seat."""
        berth = self._berth_of(visitor)
        if berth:
            self._end_seat(berth, visitor, reason)

    def page_left(self, visitor: str, page: str) -> None:
        """Note that the visitor left a page."""
        berth = self._berth_of(visitor)
        seat = berth.seats.get(visitor) if berth else None
        if berth and seat:
            seat.left(page, time.monotonic())
            berth.say(do="left", page=page)

    def active(self, visitor: str) -> None:
        """Note that the visitor did something."""
        berth = self._berth_of(visitor)
        seat = berth.seats.get(visitor) if berth else None
        if berth and seat:
            if seat.warned:
                berth.say(do="notice", visitor=visitor, kind="active")
            seat.active(time.monotonic())

    def page_state(self, visitor: str, number: int, page: str) -> str:
        """Return ``here`` if the page's session lives in the berth of that number, else why it does not."""
        berth = self._berth_of(visitor)
        if berth is None or berth.birth.number != number:
            return self._ended.get(visitor, "gone")
        seat = berth.seats.get(visitor)
        return "here" if seat and page in seat.pages else "gone"

    def cordon(self, on: bool) -> None:
        """Take no new visitor, if nobody is here (SeatUnavailable otherwise); or take them again."""
        if on and self.taken:
            raise SeatUnavailable("There are visitors here.")
        self.cordoned = on

    def drain(self) -> None:
        """Take no new visitor, and end when the last one has left."""
        if not self.draining:
            log.info("draining: %s visitors are still here", self.taken)
        self.draining = True

    # What is told to others

    @property
    def taken(self) -> int:
        """Seats that are taken."""
        return sum(len(berth.seats) for berth in self.berths.values())

    @property
    def problem(self) -> str:
        """Why no seat can be given, or which script fails; empty when all is well."""
        return self._problem

    def status(self) -> Status:
        """Return what ``/status`` says."""
        now = time.monotonic()
        limit = self.settings.blocked_after
        accepting = not (self.draining or self.cordoned)
        return Status(
            seats=self.settings.max_berths * self.settings.seats,
            taken=self.taken,
            ready=sum(berth.offers(now, limit) for berth in self.berths.values()) if accepting else 0,
            draining=self.draining,
            cordoned=self.cordoned,
            problem=self.problem,
            apps=self.apps,
            berths=tuple(berth.status(now, limit) for _, berth in sorted(self.berths.items())),
        )

    # The life of berths

    def _tick(self, now: float) -> None:
        for berth in list(self.berths.values()):
            for visitor, reason in berth.seats.over(now):
                self._end_seat(berth, visitor, reason)
            for visitor, left in berth.seats.to_warn(now):
                berth.say(do="notice", visitor=visitor, kind="idle", seconds=round(left))
            self._spawn_if(self.watch.look(berth, now))
        self._fill(now)
        self._shrink(now)

    def _fill(self, now: float) -> None:
        """Start as many berths as are wanted and fit."""
        if self.draining or now < self._retry_at:
            return
        self._wanted = {visitor: since for visitor, since in self._wanted.items() if now - since < WANTED_FOR}
        missing = self._demand() - sum(self._coming(berth, now) for berth in self.berths.values())
        used = self.berths.keys() | {index for index, until in self._avoided.items() if now < until}
        free = [index for index in range(self.settings.max_berths) if index not in used]
        for index in free[: -(-missing // self.settings.seats) if missing > 0 else 0]:
            self._start(index)

    def _demand(self) -> int:
        """Free seats that should stand ready."""
        return max(self.settings.spare, 0 if self.proven else 1) + len(self._wanted)

    def _coming(self, berth: Berth, now: float) -> int:
        """Free seats that a berth offers or will soon offer."""
        if berth.version != self.changes.version:
            return 0
        return berth.seats.free if berth.state == "starting" else berth.offers(now, self.settings.blocked_after)

    def _shrink(self, now: float) -> None:
        """End a berth that a rush has left over."""
        free = sum(self._coming(berth, now) for berth in self.berths.values())
        for berth in self.berths.values():
            unneeded = not berth.used and berth.state == "ready" and now - berth.ready_at > SURPLUS_PATIENCE
            if unneeded and free - berth.seats.free >= self._demand():
                log.info("%s: ends, there are spares enough", berth.name)
                berth.stop()
                return

    def _start(self, index: int) -> None:
        port = self.settings.berth_port + index
        birth = Birth(index, secrets.randbelow(2**53), port, self.settings, self.serving)
        graces = Graces(
            self.settings.seat_grace, self.settings.lost_grace, self.settings.idle_timeout, self.settings.idle_warning
        )
        berth = Berth(birth, Seats(self.settings.seats, graces), self.changes.version)
        self.berths[index] = berth
        self._spawn_if(self._live(berth))

    async def _live(self, berth: Berth) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._forking, berth.fork, self._context)
            await berth.listen(self._hear)
        except Exception:
            log.exception("%s: could not be started", berth.name)
            berth.state = "gone"
        finally:
            self._bury(berth)

    def _hear(self, berth: Berth, message: dict[str, Any]) -> None:
        now = time.monotonic()
        if message.get("busy"):
            for seat in berth.seats:
                seat.active(now)
        if "ready" in message:
            self._ready(berth, message)
        elif "port_taken" in message:
            log.error("%s: port %s is in use by another program", berth.name, message["port_taken"])
            self._avoided[berth.birth.index] = now + PORT_PAUSE
            berth.failed = {"port": f"Port {message['port_taken']} is in use by another program."}
            berth.stop()
        elif "page" in message:
            holder = berth.seats.get(message["visitor"])
            if holder:
                holder.page(message["page"], message["is"], now)

    def _ready(self, berth: Berth, message: dict[str, Any]) -> None:
        berth.apps = tuple(App(**app) for app in message["ready"])
        berth.failed = message["failed"]
        for script, reason in berth.failed.items():
            log.error("%s: %s", script, reason)
        self._problem = " ".join(berth.failed.values())
        if not berth.apps:
            self._retry_later()
            berth.stop()
            return
        berth.state = "ready"
        berth.ready_at = time.monotonic()
        self.apps = berth.apps
        self._retry_pause = FIRST_RETRY
        took = time.monotonic() - berth.started_at
        self.metrics.start_seconds.observe(took)
        log.info("%s: ready after %.2f s on port %s", berth.name, took, berth.birth.port)
        if not berth.failed:
            self.proven = True
        if berth.version != self.changes.version and not len(berth.seats):
            berth.stop()

    def _bury(self, berth: Berth) -> None:
        if self.berths.get(berth.birth.index) is berth:
            del self.berths[berth.birth.index]
        for seat in berth.seats:
            log.warning("%s: its process ended (%s) under %s", berth.name, berth.exitcode, seat.user)
            self._remember(seat.visitor, "crashed")
            self.metrics.lost.inc()
        if not berth.apps and not berth.failed and not self.draining:
            self._problem = f"A berth ended while it started (exit code {berth.exitcode}); the log has more."
            log.error("%s: ended while it started (exit code %s)", berth.name, berth.exitcode)
            self._retry_later()
        self._fill(time.monotonic())

    def _end_seat(self, berth: Berth, visitor: str, reason: str) -> None:
        seat = berth.seats.get(visitor)
        log.info("%s: seat of %s is free again (%s)", berth.name, seat.user if seat else "?", reason)
        berth.seats.release(visitor)
        berth.say(do="unseat", visitor=visitor, reason=reason)
        self._remember(visitor, reason)
        if not len(berth.seats):
            berth.stop()

    def _follow_changes(self) -> None:
        if not self.changes.look():
            return
        log.info("a script has changed: fresh berths will run the new version")
        self._retry_at, self._retry_pause = 0.0, FIRST_RETRY
        for berth in list(self.berths.values()):
            if not berth.used and berth.state == "ready":
                berth.stop()
        if self.serving.dev:
            for berth in list(self.berths.values()):
                for seat in list(berth.seats):
                    self._end_seat(berth, seat.visitor, "changed")

    def _retry_later(self) -> None:
        self._retry_at = time.monotonic() + self._retry_pause
        self._retry_pause = min(self._retry_pause * 2, LAST_RETRY)

    def _remember(self, visitor: str, reason: str) -> None:
        self._ended[visitor] = reason
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def _berth_of(self, visitor: str) -> Berth | None:
        return next((berth for berth in self.berths.values() if visitor in berth.seats), None)

    def _end_drain(self, overdue: bool) -> None:
        if overdue or not self.taken:
            self._drained.set()

    async def _stop_all(self) -> None:
        berths = list(self.berths.values())
        for berth in berths:
            berth.stop()
        await asyncio.gather(*(berth.ended.wait() for berth in berths if berth.pid))
        self._forking.shutdown(wait=False, cancel_futures=True)

    def _spawn_if(self, work: Any) -> None:
        if work is None:
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def main(settings: Settings, serving: Serving) -> None:
    """Run a replica in the foreground until it is told to end and its visitors have left.

    Raises ConfigurationError before anything starts.
    """
    if not settings.cookie_secret:
        raise ConfigurationError("COOKIE_SECRET is missing: the lobby, the router and all replicas share one.")
    serving.check()
    logs.configure(settings.log_level)
    asyncio.run(Supervisor(replace(settings, credentials=""), serving).serve())


def forkserver(settings: Settings, serving: Serving) -> ForkServerContext:
    """Prepare the server from which berths are forked, with what they need already imported."""
    for name in ("COOKIE_SECRET", "CREDENTIALS"):
        os.environ.pop(name, None)
    os.environ["BOKEH_SECRET_KEY"] = Keys(settings.cookie_secret).derived("sessions")
    os.environ["BOKEH_SIGN_SESSIONS"] = "true"
    os.environ[preload.VARIABLE] = ",".join(_to_preload(settings, serving))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["berth.replica.preload"])
    return context


def _to_preload(settings: Settings, serving: Serving) -> list[str]:
    if settings.preload == ("none",):
        return []
    scripts = serving.third_party() if settings.preload == ("auto",) else settings.preload
    return ["panel", "berth.replica.guest.server", *scripts, "berth.replica.guest.practice:practise"]
