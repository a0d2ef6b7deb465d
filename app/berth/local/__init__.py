"""`berth up`: router, lobby and one replica as processes of this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace

from berth import strays
from berth.local import ports
from berth.local.demo import Login, complete
from berth.local.journal import Journal
from berth.local.system import System
from berth.serving import Serving
from berth.settings import Settings

__all__ = ["main"]


def main(settings: Settings, serving: Serving, options: Mapping[str, str]) -> int:
    """Run the system until it is told to end, and return the exit code.

    ``options`` are the settings that were given on the command line, by
    field. Raises ConfigurationError before any process starts.
    """
    ports.check(settings)
    login = Login.for_run(settings)
    environment = complete(os.environ, settings, options, login)
    settings = replace(settings, cookie_secret=environment["COOKIE_SECRET"])
    strays.adopt()
    system = System(settings, serving, environment, login, Journal.on_terminal())
    return asyncio.run(system.run())
