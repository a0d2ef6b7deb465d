"""What `berth up` says when it stands ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import berth
from berth.local.demo import Login
from berth.settings import Settings
from berth.status import Status


def banner(settings: Settings, login: Login | None, status: Status, strong: Callable[[str], str]) -> str:
    """Return the lines that say where to go, how to log in, and how many may come."""
    lines = (f"  {strong(f'{head:<8}')} {text}" for head, text in _lines(settings, login, status))
    return "\n".join([f"  Berth {berth.__version__}", "", *lines])


def _lines(settings: Settings, login: Login | None, status: Status) -> Iterator[tuple[str, str]]:
    yield "Open", settings.url
    yield from _login_lines(settings, login)
    yield "Seats", f"{status.ready} ready now, {status.seats} at most"
    for app in status.apps:
        yield "Serves", f"{app.title} at {settings.url}{app.path}"
    yield "Stop", "Ctrl-C lets visitors finish; Ctrl-C again ends at once"


def _login_lines(settings: Settings, login: Login | None) -> Iterator[tuple[str, str]]:
    if settings.login == "none":
        yield "Log in", "not needed: BERTH_LOGIN=none lets anybody in"
    elif settings.login == "oauth":
        yield "Log in", f"by {settings.oauth_name or settings.oauth_provider}"
    elif login is None:
        yield "Log in", "as a user in " + ("CREDENTIALS" if settings.credentials else settings.credentials_file)
    else:
        yield "Log in", f"{login.user}  {login.password}"
        yield "", "(for this run only; set CREDENTIALS for users of your own)"


def visitors(count: int) -> str:
    """Return "1 visitor", "2 visitors" …"""
    return f"{count} visitor" if count == 1 else f"{count} visitors"


def duration(seconds: float) -> str:
    """Return "20 s", "15 min" …"""
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:.0f} min"
