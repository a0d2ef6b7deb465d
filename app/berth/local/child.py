"""One role as a child process: started, watched, restarted, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence

from berth import strays
from berth.errors import ConfigurationError
from berth.local import sessions
from berth.local.journal import Journal, Lines

FIRST_DELAY = 0.2
LONGEST_DELAY = 10.0
"""Seconds before a restart. The first one comes at once, then the delay doubles from the one to the other."""

STEADY = 30.0
"""Seconds that a child runs until its past restarts are forgotten."""

MOST_ROUNDS = 50
"""Looks at what a role has left behind. What the system cannot end is not waited for."""

WRONG_INPUT = 2
"""Exit code of a role whose configuration is wrong: starting it again would not help."""


_births = asyncio.Lock()
_living: set[int] = set()
"""The running roles. Whatever else is a child of this process was left behind by one that has ended."""


class Child:
    """Runs ``berth ROLE …`` in a session of its own until it is told to end."""

    def __init__(self, role: str, arguments: Sequence[str], environment: Mapping[str, str], journal: Journal) -> None:
        self.role = role
        # -P: a file named like a library in the visitor's folder must not be imported in its place.
        self._command = [sys.executable, "-P", "-m", "berth", role, *arguments]
        self._environment = environment
        self._journal = journal
        self._ending = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._delay = 0.0

    @property
    def pid(self) -> int | None:
        """The running process, if there is one."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def keep(self) -> None:
        """Run the role, again and again, until it is told to end. Raises ConfigurationError if it refuses to run."""
        output = await self._open_output()
        try:
            while not self._ending.is_set():
                await self._run(output)
        finally:
            os.close(output)

    def drain(self) -> None:
        """Ask the process to end in its own time, and do not start it again."""
        self._ending.set()
        self._signal(signal.SIGTERM)

    async def end(self, patience: float) -> None:
        """End the process and all that it started; by force after ``patience`` seconds."""
        self.drain()
        if self._process is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), patience)
        await self._end_all(self._process.pid)

    async def _run(self, output: int) -> None:
        started = time.monotonic()
        async with _births:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=sessions.die_with_parent,
            )
            _living.add(self._process.pid)
        if self._ending.is_set():
            self.drain()
        code = await self._process.wait()
        left = await self._end_all(self._process.pid)
        if not self._ending.is_set():
            await self._pause(code, time.monotonic() - started, len(left))

    async def _pause(self, code: int, lasted: float, left: int) -> None:
        if code == WRONG_INPUT:
            raise ConfigurationError(f"The {self.role} refuses to start; its lines above say why.")
        if lasted > STEADY:
            self._delay = 0.0
        also = f", with {left} processes of its own" if left else ""
        when = f"in {self._delay:g} s" if self._delay else "now"
        self._journal.line("up", f"The {self.role} ended ({_reason(code)}){also}. It starts again {when}.")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), self._delay)
        self._delay = min(LONGEST_DELAY, max(FIRST_DELAY, self._delay * 2))

    async def _end_all(self, pid: int) -> list[int]:
        """End what the role has started, also outside its session, and return what was in it."""
        left = await sessions.end(pid)
        _living.discard(pid)
        async with _births:
            for _ in range(MOST_ROUNDS):
                if not strays.end(_living):
                    break
                await asyncio.sleep(0.02)
        return left

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _open_output(self) -> int:
        """Return the writing end of a pipe into the journal. It outlives the processes, so no line is lost."""
        reading, writing = os.pipe()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: Lines(self._journal, self.role), os.fdopen(reading, "rb", 0))
        return writing


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
