"""Those who wait in the waiting rooms of other lobbies, as the controller said last. No I/O."""

from __future__ import annotations

import bisect
import time
from collections.abc import Container, Iterable

from berth.lobbies import Waiting

GOOD_FOR = 5.0
"""Seconds. Without a controller each lobby keeps its own order, so that nobody waits for those who are gone."""


class Elsewhere:
    """The queues of all lobbies. ``own`` names those who wait here, by id: they are not elsewhere."""

    def __init__(self, own: Container[str]) -> None:
        self._own = own
        self._waiting: list[Waiting] = []
        self._heard = -GOOD_FOR

    def hear(self, waiting: Iterable[Waiting]) -> None:
        """Take the controller's word for it."""
        self._waiting = sorted(waiting)
        self._heard = time.monotonic()

    def waiting(self, besides: str = "") -> list[Waiting]:
        """Return those who wait elsewhere in order of arrival, without the visitor ``besides``."""
        if time.monotonic() - self._heard > GOOD_FOR:
            return []
        return [one for one in self._waiting if one.visitor != besides and one.visitor not in self._own]


def before(waiting: list[Waiting], key: tuple[float, str]) -> int:
    """Return how many of these came before ``key``, an arrival and a visitor's id."""
    return bisect.bisect_left(waiting, Waiting(*key))
