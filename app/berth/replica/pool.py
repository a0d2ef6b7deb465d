"""Keeps fresh berths ready: starts, replaces and ends their processes."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import ForkServerContext
from typing import Any

from berth.replica import forkserver
from berth.replica.changes import Changes
from berth.replica.guest.main import Birth
from berth.replica.metrics import Metrics
from berth.replica.process import STOP_PATIENCE, Berth
from berth.replica.seats import Graces, Seats
from berth.serving import Serving
from berth.settings import Settings
from berth.status import App

log = logging.getLogger("berth.replica")

WANTED_FOR = 2.0
"""Seconds for which a visitor who found no seat counts as demand."""

FIRST_RETRY, LAST_RETRY = 0.5, 30.0
"""Seconds until a berth that failed to start is tried again: the first time, and at most."""

PORT_PAUSE = 5.0
"""Seconds for which a berth whose port somebody else has is not tried again."""

SURPLUS_PATIENCE = 30.0
"""Seconds for which an unused berth beyond the spares is kept."""


class Pool:
    """The berths of one replica, forked from the server of ``context``.

    ``hear`` gets what a berth says of its pages, ``lost`` every berth whose
    process has ended. ``apps`` and ``problem`` are what the newest berth said;
    ``proven`` is whether all scripts have run without a failure once.
    """

    def __init__(
        self,
        settings: Settings,
        serving: Serving,
        context: ForkServerContext,
        metrics: Metrics,
        hear: Callable[[Berth, dict[str, Any]], None],
        lost: Callable[[Berth], None],
    ) -> None:
        self.apps: tuple[App, ...] = ()
        self.proven = False
        self.problem = ""
        self.changes = Changes(serving)
        self.closed = False
        self._settings = settings
        self._serving = serving
        self._metrics = metrics
        self._tell = hear
        self._lost = lost
        self._berths: dict[int, Berth] = {}
        self._wanted: dict[str, float] = {}
        self._avoided: dict[int, float] = {}
        self._retry_at = 0.0
        self._retry_pause = FIRST_RETRY
        self._forking = ThreadPoolExecutor(1, "fork")
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Berth]:
        return iter([berth for _, berth in sorted(self._berths.items())])

    def free(self, now: float) -> int:
        """Return how many visitors could be seated at once."""
        return sum(self._offers(berth, now) for berth in self)

    def best(self, now: float) -> Berth | None:
        """Return the berth for a newcomer: reacting, with the fewest visitors, of the newest version."""
        offers = [berth for berth in self if self._offers(berth, now)]
        newest = self.changes.version
        return min(offers, key=lambda one: (len(one.seats), one.version != newest, one.birth.index), default=None)

    def want(self, visitors: list[str], now: float) -> None:
        """Count these visitors as demand for a moment."""
        self._wanted.update(dict.fromkeys(visitors, now))
        self.fill(now)

    def seated(self, visitor: str) -> None:
        """Count the visitor as demand no more."""
        self._wanted.pop(visitor, None)

    def fill(self, now: float) -> None:
        """Start as many berths as are wanted and fit."""
        if self.closed or now < self._retry_at:
            return
        self._wanted = {visitor: since for visitor, since in self._wanted.items() if now - since < WANTED_FOR}
        missing = self._demand() - sum(self._coming(berth, now) for berth in self)
        used = self._berths.keys() | {index for index, until in self._avoided.items() if now < until}
        free = [index for index in range(self._settings.max_berths) if index not in used]
        for index in free[: -(-missing // self._settings.seats) if missing > 0 else 0]:
            self._start(index)

    def shrink(self, now: float) -> None:
        """End a berth that a rush has left over."""
        free = sum(self._coming(berth, now) for berth in self)
        for berth in self:
            unneeded = not berth.used and berth.state == "ready" and now - berth.ready_at > SURPLUS_PATIENCE
            if unneeded and free - berth.seats.free >= self._demand():
                log.info("%s: ends, there are spares enough", berth.name)
                berth.stop()
                return

    def follow_changes(self) -> bool:
        """Replace unused berths if a script has changed; return whether one has."""
        if not self.changes.look():
            return False
        log.info("a script has changed: fresh berths will run the new version")
        self._retry_at, self._retry_pause = 0.0, FIRST_RETRY
        for berth in self:
            if not berth.used and berth.state == "ready":
                berth.stop()
        return True

    def close(self) -> None:
        """Start no more berths, and end those in which nobody sits."""
        self.closed = True
        for berth in self:
            if not len(berth.seats):
                berth.stop()

    async def stop(self) -> None:
        """End all berths and start no more."""
        self.closed = True
        self._forking.shutdown(wait=False, cancel_futures=True)
        berths = list(self)
        for berth in berths:
            berth.stop()
        # One that is just being forked has no process yet, and would be waited for at the exit of this one.
        if self._tasks and (await asyncio.wait(self._tasks, timeout=2 * STOP_PATIENCE))[1]:
            log.warning("the forkserver does not answer, and is ended")
            forkserver.end()
        await asyncio.gather(*(berth.last_words() for berth in berths if berth.pid))

    def _demand(self) -> int:
        """Free seats that should stand ready."""
        return max(self._settings.spare, 0 if self.proven else 1) + len(self._wanted)

    def _offers(self, berth: Berth, now: float) -> int:
        return berth.offers(now, self._settings.blocked_after)

    def _coming(self, berth: Berth, now: float) -> int:
        """Free seats that a berth offers or will soon offer."""
        if berth.version != self.changes.version:
            return 0
        return berth.seats.free if berth.state == "starting" else self._offers(berth, now)

    def _start(self, index: int) -> None:
        settings = self._settings
        birth = Birth(index, secrets.randbelow(2**53), settings.berth_port + index, settings, self._serving)
        graces = Graces(settings.seat_grace, settings.lost_grace, settings.idle_timeout, settings.idle_warning)
        berth = Berth(birth, Seats(settings.seats, graces), self.changes.version)
        self._berths[index] = berth
        task = asyncio.get_running_loop().create_task(self._live(berth))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
        if "ready" in message:
            self._ready(berth, message)
        elif "port_taken" in message:
            self._avoid(berth)
        else:
            self._tell(berth, message)

    def _ready(self, berth: Berth, message: dict[str, Any]) -> None:
        berth.apps = tuple(App(**app) for app in message["ready"])
        berth.failed = message["failed"]
        for script, reason in berth.failed.items():
            log.error("%s: %s", script, reason)
        self.problem = " ".join(berth.failed.values())
        if not berth.apps:
            self._retry_later()
            berth.stop()
            return
        now = time.monotonic()
        berth.state, berth.ready_at = "ready", now
        self.apps = berth.apps
        self.proven = self.proven or not berth.failed
        self._retry_pause = FIRST_RETRY
        self._metrics.start_seconds.observe(now - berth.started_at)
        log.info("%s: ready after %.2f s on port %s", berth.name, now - berth.started_at, berth.birth.port)
        if berth.version != self.changes.version and not len(berth.seats):
            berth.stop()

    def _avoid(self, berth: Berth) -> None:
        problem = f"Port {berth.birth.port} is in use by another program."
        log.error("%s: %s", berth.name, problem)
        self._avoided[berth.birth.index] = time.monotonic() + PORT_PAUSE
        berth.failed = {"port": problem}
        berth.stop()

    def _bury(self, berth: Berth) -> None:
        if self._berths.get(berth.birth.index) is berth:
            del self._berths[berth.birth.index]
        self._lost(berth)
        if not berth.apps and not berth.failed and not self.closed:
            self.problem = f"A berth ended while it started (exit code {berth.exitcode}); the log has more."
            log.error("%s: ended while it started (exit code %s)", berth.name, berth.exitcode)
            self._retry_later()
        self.fill(time.monotonic())

    def _retry_later(self) -> None:
        self._retry_at = time.monotonic() + self._retry_pause
        self._retry_pause = min(self._retry_pause * 2, LAST_RETRY)
