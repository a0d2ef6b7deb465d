"""Passwords are checked in threads, a few at a time, and not at all after too many failures."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from berth.auth import Passwords
from berth.lobby.throttle import Throttle

CHECKS = 2
"""Passwords checked at the same time; each costs a core for some 25 ms and 19 MiB."""

MOST_WAITING = 200
"""Logins that wait for their check; more are turned away for a moment."""


class Refused(Exception):
    """The password was not looked at; try again in ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Inspection:
    """Checks passwords without ever blocking the event loop."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._throttle = Throttle()
        self._turns = asyncio.Semaphore(CHECKS)
        self._threads = ThreadPoolExecutor(CHECKS, "password")
        self._waiting = 0

    async def check(self, user: str, password: str, address: str, browser: str = "") -> bool:
        """Whether this is the user's password; a wrong one takes longer each time. Raises Refused.

        ``browser`` is the id of this user's visitor if the browser has been one before.
        """
        if self._waiting >= MOST_WAITING:
            raise Refused(2)
        self._waiting += 1
        try:
            delay = await self._in_turn(user, password, address, browser)
        finally:
            self._waiting -= 1
        if delay is not None:
            await asyncio.sleep(delay)
        return delay is None

    async def _in_turn(self, user: str, password: str, address: str, browser: str) -> float | None:
        async with self._turns:
            # Asked only now: of a hundred attempts made at the same time, those behind the tenth are refused.
            pause = self._throttle.pause(user, address, browser)
            if pause > 0:
                raise Refused(pause)
            loop = asyncio.get_running_loop()
            if await loop.run_in_executor(self._threads, self._passwords.verify, user, password):
                self._throttle.succeeded(user, address, browser)
                return None
            return self._throttle.failed(user, address, browser)
