"""Runs scripts once, without visitors, to find what is wrong with them."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import Any

from berth.replica.forkserver import forkserver
from berth.replica.guest.main import Birth
from berth.replica.process import Berth
from berth.replica.seats import Graces, Seats
from berth.replica.tracker import Tracker
from berth.serving import Serving
from berth.settings import Settings


def trial(settings: Settings, serving: Serving) -> list[str]:
    """Start one berth, listening on a free port, and return a sentence for every script that fails."""
    settings = replace(settings, cookie_secret=settings.cookie_secret or secrets.token_hex(32))
    return asyncio.run(_trial(settings, serving))


async def _trial(settings: Settings, serving: Serving) -> list[str]:
    found: list[str] = []
    answered: list[bool] = []
    birth = Birth(0, secrets.randbelow(2**53), 0, settings, serving)
    berth = Berth(birth, Seats(1, Graces(0, 0)), 0)
    tracker = Tracker()
    tracker.listen()

    def hear(berth: Berth, message: dict[str, Any]) -> None:
        if "ready" in message:
            found.extend(message["failed"].values())
            answered.append(True)
            berth.stop()

    await asyncio.get_running_loop().run_in_executor(None, berth.fork, forkserver(settings, serving))
    await berth.listen(hear)
    tracker.clean()
    if not answered:
        found.append(f"A script ended its process (exit code {berth.exitcode}); its output says more.")
    return found
