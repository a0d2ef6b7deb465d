"""Notices berths that do not react, and says who was blocked, how long, and by which line."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from typing import Any

from berth.replica.changes import Changes
from berth.replica.metrics import Metrics
from berth.replica.process import Berth
from berth.replica.stacks import Frame, blocking_line
from berth.settings import Settings

log = logging.getLogger("berth.replica")

SLOW_START = 10.0
"""Seconds after which a berth that still starts is logged with its line."""


class Watch:
    """Looks at the heartbeat of one berth after the other."""

    def __init__(self, settings: Settings, changes: Changes, metrics: Metrics) -> None:
        self._settings = settings
        self._changes = changes
        self._metrics = metrics
        self._blocked: dict[int, float] = {}

    def look(self, berth: Berth, now: float) -> Coroutine[Any, Any, None] | None:
        """Return the work of reporting a berth that has just been found blocked, if it has."""
        number = berth.birth.number
        silent = berth.silent(now)
        if silent < self._limit(berth) or berth.state not in ("starting", "ready"):
            self._recovered(berth)
            return None
        self._kill_stuck(berth, silent)
        if number in self._blocked:
            self._blocked[number] = silent
            return None
        self._blocked[number] = silent
        return self._report(berth, silent)

    def _limit(self, berth: Berth) -> float:
        return SLOW_START if berth.state == "starting" else self._settings.blocked_after

    async def _report(self, berth: Berth, silent: float) -> None:
        heard = berth.beat_at
        frame = blocking_line(await berth.stack(), self._changes.sources)
        if berth.beat_at != heard:
            # It went on before the stack was taken, which would blame whatever came next.
            self._blocked.pop(berth.birth.number, None)
            return
        if berth.state == "starting":
            log.warning("%s: still starting after %.0f s, at %s", berth.name, silent, frame or "an unknown line")
        elif berth.state == "ready":
            log.warning("%s: %s blocked for %.1f s so far by %s", berth.name, _whom(berth), silent, _at(frame))
            self._metrics.blocked.inc()

    def _recovered(self, berth: Berth) -> None:
        silent = self._blocked.pop(berth.birth.number, None)
        if silent is not None and berth.state == "ready":
            log.warning("%s: %s reacts again after %.1f s", berth.name, _whom(berth), silent)
            self._metrics.blocked_seconds.inc(silent)

    def _kill_stuck(self, berth: Berth, silent: float) -> None:
        if self._settings.stuck_limit and silent >= self._settings.stuck_limit and berth.state == "ready":
            log.error("%s: stuck for %.0f s, so it is replaced", berth.name, silent)
            berth.kill()


def _whom(berth: Berth) -> str:
    return ", ".join(sorted({seat.user for seat in berth.seats})) or "nobody"


def _at(frame: Frame | None) -> str:
    return str(frame) if frame else "an unknown line"
