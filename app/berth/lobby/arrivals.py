"""Since when a visitor waits, as far as it can be believed.

The arrival is signed into the visitor cookie, but a cookie of yesterday must
not overtake everybody today. So a waiting page also holds a *stamp* that the
lobby renews while the page is open and that is void a minute later.
"""

from __future__ import annotations

import time

from berth import signing
from berth.errors import TicketError
from berth.tickets import Keys, Visitor

FRESH = 60.0
"""Seconds. Twice what a browser takes to come back after a lobby or a network was gone."""


class Arrivals:
    """Stamps arrivals and reads them. ``arrived`` is in seconds since the epoch."""

    def __init__(self, keys: Keys) -> None:
        self._key = keys.derived("arrival")
        self._started = time.time()

    def stamp(self, visitor: Visitor, arrived: float) -> str:
        """Return a proof, good for ``FRESH`` seconds, that the visitor waits since ``arrived``."""
        claims = {"id": visitor.id, "arrived": arrived, "exp": time.time() + FRESH}
        return signing.sign(claims, self._key)

    def of(self, visitor: Visitor, stamp: str = "") -> float:
        """Return since when the visitor waits; now, if nothing else is proven."""
        now = time.time()
        stamped = self._read(visitor, stamp)
        # Right after a restart no stamp may have reached the browser, and nobody is in memory.
        believed = now - visitor.arrived < FRESH or now - self._started < FRESH
        cookie = visitor.arrived if visitor.arrived and believed else now
        return min(now, stamped or now, cookie)

    def _read(self, visitor: Visitor, stamp: str) -> float:
        try:
            claims = signing.read(stamp, self._key) if stamp else {}
        except TicketError:
            return 0.0
        return float(claims["arrived"]) if claims.get("id") == visitor.id else 0.0
