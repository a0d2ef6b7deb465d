"""What the system looks like while it is tested: seats, replicas, memory and CPU time of its processes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gevent
import psutil
import requests

from loadtests.run.recording import Recording

INTERVAL = 1.0
PATIENCE = 2.0
"""Seconds between two looks, and until an operations port is given up for this time."""

ROLES = {
    "router": r"^\S*haproxy ",
    "lobby": r" -m berth lobby\b|/berth lobby\b",
    "supervisor": r" -m berth replica\b|/berth replica\b|^berth forkserver|multiprocessing\.forkserver",
    "berths": r"^berth-\d+ ",
    "server": r" panel serve ",
}
"""How a process' role stands in its command line; what is none of these is ``other``."""

Figures = dict[tuple[str, str], float]
"""Values by source and what they are."""


def watch_fleet(recording: Recording, urls: Sequence[str], pid: int) -> None:
    """Note every second what operations ports say and what the processes below ``pid`` (0: none) use. Never ends."""
    used = Usage(pid) if pid else None
    with requests.Session() as http:
        http.trust_env = False
        while True:
            began = time.monotonic()
            figures = seats([found for url in urls if (found := _status(http, url)) is not None])
            # Adding up pages takes the kernel milliseconds a process, which must not make visitors late.
            usage = gevent.get_hub().threadpool.apply(used.now) if used else {}
            for (source, what), value in {**figures, **usage}.items():
                recording.note("fleet", round(time.time(), 3), source, what, round(value, 4))
            gevent.sleep(max(0.0, INTERVAL - (time.monotonic() - began)))


def seats(statuses: Sequence[Mapping[str, Any]]) -> Figures:
    """Return replicas, berths, seats and visitors, from what supervisors, lobbies or the controller say."""
    found: Figures = {}
    for status in statuses:
        for what, value in _counts(status):
            found["fleet", what] = found.get(("fleet", what), 0) + value
    return found


def _counts(status: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield what one operations port knows; the controller knows all pods, a supervisor itself, a lobby its queue."""
    if isinstance(status.get("pods"), list):
        pods = [pod for pod in status["pods"] if not pod.get("terminating")]
        yield "replicas", len(pods)
        yield "taken", sum(pod.get("visitors") or 0 for pod in status["pods"])
        yield "seats", sum(pod.get("seats") or 0 for pod in pods)
    elif isinstance(status.get("berths"), list):
        berths = [berth for berth in status["berths"] if berth.get("state") == "ready"]
        yield "replicas", 1
        yield "berths", len(berths)
        yield "spares", sum(not berth.get("visitors") for berth in berths)
        yield "taken", status.get("taken", 0)
        yield "seats", status.get("seats", 0)
    if isinstance(status.get("waiting"), list):
        yield "waiting", len(status["waiting"])


def _status(http: requests.Session, url: str) -> Mapping[str, Any] | None:
    """Return what an operations port says; None where nobody answers in time, which a test may well cause."""
    try:
        found = http.get(f"{url.rstrip('/')}/status", timeout=PATIENCE).json()
    except (requests.RequestException, ValueError):
        return None
    return found if isinstance(found, dict) else None


class Usage:
    """Memory (MiB, shared pages counted once) and CPU time of a process and all below it, by role."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._before: dict[int, float] = {}
        self._at = time.monotonic()

    def now(self) -> Figures:
        """Return what each role uses now, and how many cores it took since the last call."""
        found: Figures = {}
        busy: dict[int, float] = {}
        since, self._at = time.monotonic() - self._at, time.monotonic()
        for process in self._processes():
            try:
                role, memory = role_of(process), process.memory_full_info()
                busy[process.pid] = sum(process.cpu_times()[:2])
            except psutil.Error:
                continue
            took = busy[process.pid] - self._before.get(process.pid, busy[process.pid])
            _add(found, role, "memory", (getattr(memory, "pss", 0) or memory.rss) / 2**20)
            _add(found, role, "cpu", took / since if since else 0.0)
        self._before = busy
        return found

    def _processes(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return []


def role_of(process: psutil.Process) -> str:
    """Return what a process is for."""
    command = " ".join(process.cmdline())
    return next((role for role, pattern in ROLES.items() if re.search(pattern, command)), "other")


def _add(found: Figures, source: str, what: str, value: float) -> None:
    found[source, what] = found.get((source, what), 0.0) + value
