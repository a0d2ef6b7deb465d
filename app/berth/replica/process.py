"""The supervisor's side of one berth: its process, its heartbeat, its output and its seats."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing.forkserver
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

from berth import strays
from berth.replica.guest.main import Birth, run
from berth.replica.link import Link
from berth.replica.seats import Seats
from berth.status import App, BerthStatus

log = logging.getLogger("berth.replica")

STOP_PATIENCE = 5.0
"""Seconds that a berth has to end its sessions before it is killed."""

OUTPUT_CHUNK = 2**16
OUTPUT_LINES = 100
OUTPUT_PAUSE = 0.02
"""A berth that prints without end waits for itself: each pause (s) at most a chunk and so many lines pass."""

LAST_WORDS = 1.0
"""Seconds for which what an ended berth has printed is still passed on."""

STRAYS_PAUSES = (0.01, 0.05, 0.2, 0.5)
"""Seconds after a berth's end at which what it left behind is looked for again: it comes up as its parents die."""

STACK_SIGNAL = signal.SIGUSR1


@dataclass
class Ends:
    """The supervisor's ends of the pipes to one process."""

    link: socket.socket
    stack: Connection
    output: Connection
    lifeline: Connection


class Berth:
    """One berth process, from its fork to its end.

    ``state`` goes ``starting`` → ``ready`` → ``ending`` → ``gone``. ``failed``
    maps scripts that do not run to a sentence that says where and why.
    """

    def __init__(self, birth: Birth, seats: Seats, version: int) -> None:
        self.birth = birth
        self.seats = seats
        self.version = version
        self.state = "starting"
        self.apps: tuple[App, ...] = ()
        self.failed: dict[str, str] = {}
        self.used = False
        self.started_at = time.monotonic()
        self.ready_at = float("inf")
        self.beat_at = self.started_at
        self.ended = asyncio.Event()
        self._process: ForkServerProcess | None = None
        self._ends: Ends | None = None
        self._link: Link | None = None
        self._output: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        """``berth-0`` and so on."""
        return self.birth.name

    @property
    def pid(self) -> int:
        """Id of the process; 0 before it is there."""
        return (self._process.pid or 0) if self._process else 0

    @property
    def exitcode(self) -> int | None:
        """How the process ended: the negative signal, or what it returned."""
        return self._process.exitcode if self._process else None

    def silent(self, now: float) -> float:
        """Return for how long (s) nothing was heard."""
        return max(0.0, now - self.beat_at)

    def offers(self, now: float, blocked_after: float) -> int:
        """Return how many visitors can be seated here now."""
        return self.seats.free if self.state == "ready" and self.silent(now) < blocked_after else 0

    def status(self, now: float, blocked_after: float) -> BerthStatus:
        """Return what ``/status`` says of this berth."""
        silent = self.silent(now)
        visitors = tuple(seat.visitor for seat in self.seats)
        blocked = round(silent, 3) if silent >= blocked_after and self.state == "ready" else 0.0
        return BerthStatus(self.name, self.birth.number, self.birth.port, self.pid, self.state, blocked, visitors)

    def fork(self, context: ForkServerContext) -> None:
        """Start the process. Waits for the forkserver, so it runs in a thread."""
        ours, theirs = socket.socketpair()
        stack_read, stack_write = context.Pipe(duplex=False)
        output_read, output_write = context.Pipe(duplex=False)
        life_read, life_write = context.Pipe(duplex=False)
        arguments = (self.birth, theirs, stack_write, output_write, life_read)
        process = context.Process(target=run, args=arguments, name=self.name)
        try:
            process.start()
        finally:
            for end in (theirs, stack_write, output_write, life_read):
                end.close()
        self._process, self._ends = process, Ends(ours, stack_read, output_read, life_write)
        _living.add(self.pid)

    async def listen(self, hear: Callable[[Berth, dict[str, Any]], None]) -> None:
        """Pass messages to ``hear`` until the process has ended, then clean up after it."""
        assert self._process
        assert self._ends
        self.beat_at = time.monotonic()
        pidfd = _pidfd(self.pid)
        self._link = await Link.over(self._ends.link)
        if self.state == "ending":
            self.say(do="stop")
        self._spawn(self._hear(self._link, hear))
        self._output = self._spawn(self._pass_output(self._ends.output))
        try:
            await _readable(self._process.sentinel)
            # The sentinel is the forkserver's: it fires, too, when only the forkserver has died.
            if pidfd is not None:
                await _readable(pidfd)
        finally:
            if pidfd is not None:
                os.close(pidfd)
            self._process.join()
            self._clean_up()

    def say(self, **message: Any) -> None:
        """Send the berth a message; it may be too busy to read it soon."""
        if self._link:
            self._link.send(**message)

    async def stack(self) -> str:
        """Return the stacks of all threads as ``faulthandler`` prints them; empty if none came."""
        if not self._ends or not self.pid:
            return ""
        self._signal(STACK_SIGNAL)
        for _ in range(20):
            await asyncio.sleep(0.02)
            if self._ends.stack.closed:
                return ""
            if self._ends.stack.poll():
                await asyncio.sleep(0.02)
                return os.read(self._ends.stack.fileno(), OUTPUT_CHUNK).decode(errors="replace")
        return ""

    def stop(self) -> None:
        """End the process: its sessions first, and if that takes too long at once."""
        if self.state in ("ending", "gone"):
            return
        self.state = "ending"
        self.say(do="stop")
        self._spawn(self._kill_later())

    async def last_words(self) -> None:
        """Wait until the process has ended and what it printed is in the log."""
        await self.ended.wait()
        if self._output:
            await asyncio.wait([self._output], timeout=LAST_WORDS)

    def kill(self) -> None:
        """End the process and all that it started now."""
        if self.pid and self.exitcode is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                self._signal(signal.SIGKILL)

    async def _kill_later(self) -> None:
        try:
            await asyncio.wait_for(self.ended.wait(), STOP_PATIENCE)
        except TimeoutError:
            self.kill()

    async def _hear(self, link: Link, hear: Callable[[Berth, dict[str, Any]], None]) -> None:
        async for message in link.messages():
            self.beat_at = time.monotonic()
            try:
                hear(self, message)
            except Exception:
                log.exception("%s: said something that cannot be understood", self.name)

    async def _pass_output(self, output: Connection) -> None:
        reader = asyncio.StreamReader(limit=OUTPUT_CHUNK)
        protocol = asyncio.StreamReaderProtocol(reader)
        pipe = os.fdopen(os.dup(output.fileno()), "rb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
        try:
            rest = b""
            while chunk := await reader.read(OUTPUT_CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > OUTPUT_CHUNK:
                    lines, rest = [*lines, rest], b""
                for start in range(0, len(lines) or 1, OUTPUT_LINES):
                    self._log_output(lines[start : start + OUTPUT_LINES])
                    await asyncio.sleep(OUTPUT_PAUSE)
            self._log_output([rest] if rest else [])
        finally:
            transport.close()

    def _log_output(self, lines: list[bytes]) -> None:
        for line in lines:
            log.info("%s%s: %s", self.name, self._of_whom(), line.decode(errors="replace").rstrip("\r"))

    def _of_whom(self) -> str:
        users = sorted({seat.user for seat in self.seats})
        return f" ({', '.join(users)})" if users else ""

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def _clean_up(self) -> None:
        self.state = "gone"
        self.ended.set()
        if self._link:
            self._link.close()
        if self._ends:
            self._ends.stack.close()
            self._ends.output.close()
            self._ends.lifeline.close()
        # What the process started may outlive it; its group is its own.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        _living.discard(self.pid)
        _end_strays()
        for pause in STRAYS_PAUSES:
            asyncio.get_running_loop().call_later(pause, _end_strays)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


_living: set[int] = set()
"""Ids of all berths of this process. They become its children when their forkserver dies."""


def _end_strays() -> None:
    """End what berths that are gone had started and could not be ended with their process groups."""
    forkserver = multiprocessing.forkserver._forkserver
    strays.end({*_living, forkserver._forkserver_pid})  # type: ignore[attr-defined]  # kept privately


def _pidfd(pid: int) -> int | None:
    """Return a descriptor that becomes readable when the process ends; None where the system has none."""
    if not hasattr(os, "pidfd_open"):
        return None
    with suppress(ProcessLookupError):
        return os.pidfd_open(pid)
    return None


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(descriptor, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(descriptor)
