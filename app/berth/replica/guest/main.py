"""The first steps of a berth process: tie its life to the supervisor's, then serve."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import socket
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection

from setproctitle import setproctitle

from berth import forked, strays
from berth import log as logs
from berth.serving import Serving
from berth.settings import Settings

BERTH_SCORE = 500
"""How early the system ends a berth where memory runs out: before the processes that all visitors need."""


@dataclass(frozen=True)
class Birth:
    """What a berth is told when it is forked; ``number`` names this very process."""

    index: int
    number: int
    port: int
    settings: Settings
    serving: Serving

    @property
    def name(self) -> str:
        """``berth-0`` and so on."""
        return f"berth-{self.index}"


def run(birth: Birth, link: socket.socket, stack: Connection, output: Connection, lifeline: Connection) -> None:
    """Serve until told to stop. The supervisor's end of ``lifeline`` closes when it dies."""
    setproctitle(f"{birth.name} (port {birth.port})")
    os.setpgid(0, 0)
    forked.be_killed_first(BERTH_SCORE)
    strays.adopt()
    forked.die_with(lifeline.fileno())
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    output.close()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text file since Python 3.7
    # Many deep stacks are more than a pipe holds: what nobody reads is left out and not waited for.
    os.set_blocking(stack.fileno(), False)
    faulthandler.register(signal.SIGUSR1, file=stack.fileno(), all_threads=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["BERTH_NAME"] = birth.name
    forked.reseed()
    logs.configure_berth(birth.settings.log_level)
    # Imported here, so that the supervisor stays without Panel.
    from berth.replica.guest.server import serve

    asyncio.run(serve(birth, link))
