"""What the lobby's handlers share."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from berth.auth import Passwords
from berth.errors import ConfigurationError
from berth.lobby.files import Files
from berth.lobby.fleet import Fleet
from berth.lobby.inspection import Inspection
from berth.lobby.usher import Usher
from berth.look import Look
from berth.settings import Settings
from berth.tickets import Keys

if TYPE_CHECKING:
    from berth.lobby.oauth import OAuth


class Lobby:
    """One lobby: settings, keys, supervisors, queue, look and files."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.passwords = _passwords(settings)
        self.oauth = _oauth(settings)
        self.inspection = Inspection(self.passwords)
        self.keys = Keys(settings.cookie_secret)
        self.look = Look(settings)
        self.files = Files()
        self.fleet = Fleet(settings, self.keys)
        self.usher = Usher(self.fleet, self.keys, open_house=self.open_house)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def open_house(self) -> bool:
        """Whether anybody may come in without a login."""
        return self.settings.login == "none"

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _oauth(settings: Settings) -> OAuth | None:
    if settings.login != "oauth":
        return None
    # PyJWT brings all of `cryptography`, 12 MiB that nobody else needs.
    from berth.lobby.oauth import OAuth

    return OAuth(settings)


def _passwords(settings: Settings) -> Passwords:
    problems: list[str] = []
    if not settings.cookie_secret:
        problems.append(
            'COOKIE_SECRET is not set: make one with python -c "import secrets; print(secrets.token_hex(32))".'
        )
    passwords = Passwords([])
    if settings.login in ("password", "oauth"):
        try:
            passwords = Passwords.load(settings)
        except ConfigurationError as error:
            problems += error.problems
        else:
            problems += [] if len(passwords) or settings.login == "oauth" else [NOBODY]
    if problems:
        raise ConfigurationError(*problems)
    return passwords


NOBODY = (
    "CREDENTIALS is not set, so nobody could log in: set CREDENTIALS=user:password or BERTH_CREDENTIALS_FILE, "
    "or BERTH_LOGIN=none to open the dashboards to anybody."
)
