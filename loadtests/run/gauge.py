"""How busy this client is: a client that is late itself measures its own delay in place of the server's."""

from __future__ import annotations

import time

import gevent
import psutil

from loadtests.run.recording import Recording

NAP = 0.05
"""Seconds between two looks at how late this process is."""

INTERVAL = 1.0


def watch_client(recording: Recording, worker: str) -> None:
    """Note every second which share of a core this process took, and how late it was at most (s). Never ends."""
    process = psutil.Process()
    while True:
        began, busy = time.monotonic(), sum(process.cpu_times()[:2])
        worst = 0.0
        while time.monotonic() - began < INTERVAL:
            asked = time.monotonic()
            gevent.sleep(NAP)
            worst = max(worst, time.monotonic() - asked - NAP)
        share = (sum(process.cpu_times()[:2]) - busy) / (time.monotonic() - began)
        recording.note("client", round(time.time(), 3), worker, round(share, 4), round(worst, 5), recording.sessions)
