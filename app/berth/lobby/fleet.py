"""All supervisors: what they say of themselves, and seats from whichever has one.

Which there are the settings say, until a controller knows better. Supervisors
are asked at the same time and waited for only briefly, so that one that is
slow or dead costs visitors of the others nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import time
import zlib
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from berth.errors import SeatUnavailable, SupervisorUnreachable
from berth.lobbies import News, Replica
from berth.settings import Settings
from berth.status import App, Status
from berth.supervisors import Supervisor
from berth.tickets import Keys, Ticket, Visitor

logger = logging.getLogger(__name__)

QUICK = 0.25
"""Seconds to wait for a supervisor that others do not depend on."""

RESOLVE_EVERY = 1.0
"""Seconds between two looks for the addresses behind the names in the settings."""

FRESH = 0.05
"""Seconds for which what the supervisors said of seats is believed before one is reserved."""

MOST_ERRANDS = 500
"""Calls that nobody waits for, at the same time; more are dropped."""


@dataclass(eq=False)
class Member:
    """A supervisor and what it said last; ``status`` is None while it does not answer."""

    supervisor: Supervisor
    newest: bool = True
    status: Status | None = None
    asked: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def free(self) -> int:
        """Seats that a newcomer may get."""
        if not self.status or self.status.draining or self.status.cordoned:
            return 0
        return max(self.status.seats - self.status.taken, 0)

    @property
    def ready(self) -> int:
        """Those of them that can be given at once."""
        return self.status.ready if self.status and self.free else 0

    def rank(self, visitor: Visitor) -> tuple[bool, bool, int, int]:
        """Return what is best to reserve at: a ready seat, of the newest version, where it is emptiest.

        Of equals every lobby names the same one for a visitor, so that two that are asked at
        the same moment do not give two seats.
        """
        chance = zlib.crc32(f"{visitor.id} {self.supervisor.host}:{self.supervisor.port}".encode())
        return self.ready > 0, self.newest, self.free, chance

    def holds(self, visitor: Visitor) -> bool:
        """Whether the visitor has a seat here."""
        berths = self.status.berths if self.status else ()
        return any(visitor.id in berth.visitors for berth in berths)

    def ask(self) -> asyncio.Task[None]:
        """Begin to ask for the status, or return the question that is under way."""
        if self.asked is None or self.asked.done():
            self.asked = asyncio.create_task(self._ask())
        return self.asked

    async def _ask(self) -> None:
        try:
            self.status = await self.supervisor.status()
        except SupervisorUnreachable as error:
            if self.status:
                logger.warning("supervisor lost: %s", error)
            self.status = None


class Fleet:
    """The supervisors that the settings name or, once it has spoken, the controller.

    ``coming`` is how many seats the controller is having made, ``shortage`` why there are not more.
    """

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._keys = keys
        self._operations_port = settings.operations_port
        self.coming = 0
        self.shortage = ""
        self._names = [] if all(_is_address(host) for host, _ in settings.replicas) else list(settings.replicas)
        self._resolved = -RESOLVE_EVERY
        self._members: list[Member] = []
        if not self._names:
            self._follow([Replica(host, port) for host, port in settings.replicas])
        self._reservations: dict[str, asyncio.Task[Ticket]] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._apps: tuple[App, ...] = ()
        self._asked = 0.0

    @property
    def size(self) -> int:
        """How many supervisors there are, whether they answer or not."""
        return len(self._members)

    @property
    def free(self) -> int:
        """Seats that newcomers may get, as far as is known."""
        return sum(member.free for member in self._members)

    @property
    def ready(self) -> int:
        """Those of them that can be given at once."""
        return sum(member.ready for member in self._members)

    @property
    def seats(self) -> int:
        """Seats of all supervisors that answer, taken or not."""
        return sum(member.status.seats for member in self._members if member.status)

    @property
    def reachable(self) -> bool:
        """Whether any supervisor answers."""
        return any(member.status for member in self._members)

    @property
    def problem(self) -> str:
        """Why no seat can be given although nobody sits there, in a sentence; or empty."""
        problems = [member.status.problem for member in self._members if member.status]
        return problems[0] if problems and all(problems) else ""

    @property
    def apps(self) -> tuple[App, ...]:
        """The dashboards, also when no supervisor answers just now."""
        found = next((member.status.apps for member in self._members if member.status and member.status.apps), None)
        self._apps = found if found is not None else self._apps
        return self._apps

    def hear(self, news: News) -> None:
        """Take the controller's word for it which replicas there are. It is kept when the controller is gone."""
        self._names = []
        self._follow(news.replicas)
        for member in self._members:
            if member.asked is None:
                member.ask()
        self.coming = news.coming
        if news.problem != self.shortage:
            self.shortage = news.problem
            logger.warning("no more replicas come: %s", news.problem or "that is over")

    async def look(self, patience: float = QUICK) -> None:
        """Ask every supervisor for its status; those that have not answered in time are as before."""
        if self._names and time.monotonic() - self._resolved > RESOLVE_EVERY:
            await self._resolve()
        if self._members:
            await asyncio.wait([member.ask() for member in self._members], timeout=patience)
        self._asked = time.monotonic()

    async def look_if_older(self, age: float) -> None:
        """Ask, unless the dashboards are known and that was done less than ``age`` seconds ago."""
        if not self.apps or time.monotonic() - self._asked > age:
            await self.look()

    def holds(self, visitor: Visitor) -> bool:
        """Whether the visitor had a seat when the supervisors were asked last."""
        return any(member.holds(visitor) for member in self._members)

    async def reserve(self, visitor: Visitor) -> Ticket:
        """Return a ticket to the visitor's seat, or to a new one.

        Calls for one visitor at the same time get the same ticket. Raises
        SeatUnavailable, also when no supervisor can be reached.
        """
        task = self._reservations.get(visitor.id)
        if task is None:
            task = asyncio.create_task(self._reserve(visitor))
            self._reservations[visitor.id] = task
            task.add_done_callback(lambda done: self._reserved(visitor, done))
        return await asyncio.shield(task)

    async def release(self, visitor: Visitor, reason: str) -> None:
        """End the visitor's seats, wherever they are; best effort."""
        await self.look()
        for member in self._members:
            if member.holds(visitor):
                self.errand(member.supervisor.release(visitor, reason))

    def want(self, visitors: Sequence[Visitor]) -> None:
        """Let berths be started for these, in order, as far as there may be seats; they are not given yet."""
        for member in self._members:
            share, visitors = visitors[: member.free], visitors[member.free :]
            if share:
                self.errand(member.supervisor.want(share))

    def supervisor(self, ticket: Ticket) -> Supervisor:
        """Return the supervisor of the ticket's berth."""
        same = [member.supervisor for member in self._members if member.supervisor.host == ticket.ip]
        return same[0] if len(same) == 1 else Supervisor(ticket.ip, self._operations_port, self._keys)

    def errand(self, call: Coroutine[Any, Any, None]) -> None:
        """Do a call that nobody waits for and that may fail."""
        if len(self._errands) >= MOST_ERRANDS:
            call.close()
            return
        task = asyncio.create_task(_quietly(call))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _follow(self, replicas: Iterable[Replica]) -> None:
        known = {(member.supervisor.host, member.supervisor.port): member for member in self._members}
        self._members = []
        for one in replicas:
            member = known.get((one.host, one.port)) or Member(Supervisor(one.host, one.port, self._keys))
            member.newest = one.newest
            self._members.append(member)

    async def _resolve(self) -> None:
        self._resolved = time.monotonic()
        loop = asyncio.get_running_loop()
        found: dict[tuple[str, int], Replica] = {}
        for host, port in self._names:
            try:
                answers = await asyncio.wait_for(loop.getaddrinfo(host, port, type=socket.SOCK_STREAM), QUICK)
            except (OSError, TimeoutError):
                continue
            found |= {(str(address[0]), port): Replica(str(address[0]), port) for *_, address in answers}
        # The controller may have spoken meanwhile; and a name that is not answered now says nothing.
        if self._names and found:
            self._follow(found.values())

    async def _reserve(self, visitor: Visitor) -> Ticket:
        if len(self._members) != 1:
            await self.look_if_older(FRESH)
        self._asked = 0.0  # what they said is about to change
        reason = "no supervisor answers"
        for member in self._candidates(visitor):
            try:
                ticket = await member.supervisor.reserve(visitor)
            except SeatUnavailable as error:
                reason = str(error)
            except SupervisorUnreachable as error:
                member.status = None
                logger.warning("no seat for visitor %s: %s", visitor.id, error)
            else:
                logger.info("visitor %s (%s) has berth %s at %s", visitor.id, visitor.user, ticket.berth, ticket.ip)
                return ticket
        raise SeatUnavailable(reason)

    def _reserved(self, visitor: Visitor, task: asyncio.Task[Ticket]) -> None:
        self._reservations.pop(visitor.id, None)
        if not task.cancelled():
            # Whoever asked may have stopped waiting; asyncio would call the error forgotten.
            task.exception()

    def _candidates(self, visitor: Visitor) -> Iterable[Member]:
        if len(self._members) == 1:
            return self._members
        holding = [member for member in self._members if member.holds(visitor)]
        free = sorted((m for m in self._members if m.free), key=lambda m: m.rank(visitor), reverse=True)
        # One that only starts refuses, and takes it for a wish; they are not all asked.
        ready = sum(m.ready > 0 for m in free)
        return holding or free[: ready + 1]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


async def _quietly(call: Coroutine[Any, Any, None]) -> None:
    try:
        await call
    except (SeatUnavailable, SupervisorUnreachable) as error:
        logger.warning("an errand failed: %s", error)
