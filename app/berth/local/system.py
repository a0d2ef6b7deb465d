"""The life of a run: start the roles, say where to go, wait, drain, end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator, Mapping

from berth.errors import ConfigurationError, SupervisorUnreachable
from berth.local.banner import banner, duration, visitors
from berth.local.child import Child
from berth.local.demo import Login
from berth.local.journal import Journal
from berth.serving import Serving
from berth.settings import Settings
from berth.status import STARTING, Status
from berth.supervisors import Supervisor
from berth.tickets import Keys

LOBBYS = ("CREDENTIALS", "PANEL_OAUTH_SECRET")
"""Variables that a replica does not get."""

POLL = 0.1
"""Seconds between looks at the roles while they start."""

USUAL = 3.0
"""Seconds that a start may take before what is in the way is said."""

CUT_SHORT = 130
"""Exit code when a second signal ended the run: 128 + SIGINT."""

PATIENCE = 2.0
"""Seconds that router and lobby have to end by themselves."""

LEEWAY = 10.0
"""Seconds that a replica may take beyond the drain grace."""


class System:
    """Router, lobby and replica of one run."""

    def __init__(
        self,
        settings: Settings,
        serving: Serving,
        environment: Mapping[str, str],
        login: Login | None,
        journal: Journal,
    ) -> None:
        self._settings = settings
        self._login = login
        self._journal = journal
        self._router = Child("router", (), environment, journal)
        self._lobby = Child("lobby", (), environment, journal)
        without = {name: text for name, text in environment.items() if name not in LOBBYS}
        self._replica = Child("replica", list(_arguments(serving)), without, journal)
        self._supervisor = Supervisor(settings.address, settings.operations_port, Keys(settings.cookie_secret))
        self._asked_to_end = asyncio.Event()
        self._asked_twice = asyncio.Event()

    async def run(self) -> int:
        """Run until a signal or a role that refuses to start, and return the exit code."""
        self._listen_to_signals()
        keeping = {child.role: asyncio.create_task(child.keep()) for child in self._children()}
        greeting = asyncio.create_task(self._greet())
        try:
            await self._until_asked(list(keeping.values()))
            greeting.cancel()
            return await self._drain(keeping["replica"])
        finally:
            greeting.cancel()
            await self._end(list(keeping.values()))

    def _children(self) -> tuple[Child, ...]:
        # The replica first: it takes longest.
        return self._replica, self._lobby, self._router

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._heed)

    def _heed(self) -> None:
        if self._asked_to_end.is_set():
            self._asked_twice.set()
        self._asked_to_end.set()

    async def _until_asked(self, keeping: list[asyncio.Task[None]]) -> None:
        """Return when the run shall end. Raises the error of a role that refuses to start."""
        asked = asyncio.create_task(self._asked_to_end.wait())
        done, _ = await asyncio.wait([asked, *keeping], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        for task in done:
            task.result()

    async def _greet(self) -> None:
        """Say where to go as soon as a visitor would get a seat, and until then what is in the way."""
        started, said = time.monotonic(), ""
        while True:
            status = await self._status()
            if status and self._stands_ready(status) and await self._answers():
                break
            problem = (status and status.problem) or STARTING
            if problem != said and time.monotonic() - started > USUAL:
                said = problem
                self._journal.block(f"  {self._journal.strong('Not ready')}  {said}")
            await asyncio.sleep(POLL)
        self._journal.block(banner(self._settings, self._login, status, self._journal.strong))

    def _stands_ready(self, status: Status) -> bool:
        return status.ready > 0 or (self._settings.spare == 0 and bool(status.apps))

    async def _answers(self) -> bool:
        """Whether the router and the lobby accept connections."""
        local = "127.0.0.1" if self._settings.host == "*" else self._settings.host
        for host, port in ((local, self._settings.port), ("127.0.0.1", self._settings.lobby_port)):
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                return False
            writer.close()
        return True

    async def _status(self) -> Status | None:
        try:
            return await self._supervisor.status()
        except SupervisorUnreachable:
            return None

    async def _drain(self, keeping: asyncio.Task[None]) -> int:
        """Let the visitors finish; router and lobby go on meanwhile."""
        counting = asyncio.create_task(self._count())
        self._replica.drain()
        hurry = asyncio.create_task(self._asked_twice.wait())
        grace = self._settings.drain_grace + LEEWAY
        await asyncio.wait([keeping, hurry], timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        counting.cancel()
        hurry.cancel()
        self._journal.line("up", "Berth ends at once." if self._asked_twice.is_set() else "Berth ends.")
        return CUT_SHORT if self._asked_twice.is_set() else 0

    async def _count(self) -> None:
        """Say who is waited for, whenever that changes."""
        said = None
        while True:
            status = await self._status()
            if status and status.taken and status.taken != said:
                said = status.taken
                grace = duration(self._settings.drain_grace)
                self._journal.line(
                    "up", f"Waiting up to {grace} for {visitors(said)} to leave. Ctrl-C again ends at once."
                )
            await asyncio.sleep(1)

    async def _end(self, keeping: list[asyncio.Task[None]]) -> None:
        patience = 0.0 if self._asked_twice.is_set() else PATIENCE
        await asyncio.gather(*(child.end(patience) for child in self._children()))
        for task in keeping:
            with contextlib.suppress(ConfigurationError, asyncio.CancelledError):
                await task


def _arguments(serving: Serving) -> Iterator[str]:
    yield from serving.scripts
    if serving.setup:
        yield from ("--setup", serving.setup)
    if serving.static_dirs:
        yield from ("--static-dirs", *(f"{route}={folder}" for route, folder in serving.static_dirs))
    if serving.plugins:
        yield from ("--plugins", *serving.plugins)
    if serving.dev:
        yield "--dev"
