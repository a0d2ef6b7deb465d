"""Failed logins slow down those that follow, for the same user and from the same address.

A browser in which the user has been logged in before is counted by itself, so
that a stranger who guesses at a name does not keep its owner out.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

FREE = 3
"""Failures that have no consequence: everybody mistypes."""

SLOWED = 10
"""Failures after which no password is looked at for a while; before that the answer only comes later."""

FORGIVEN = 900.0
"""Seconds without a failure after which the earlier ones are forgotten."""

LONGEST_PAUSE = {"user": 30.0, "browser": 30.0, "address": 300.0}
"""Seconds. Short for a user, so that a stranger cannot lock somebody out of a new browser for long."""

MOST_KEYS = 10_000


@dataclass
class Record:
    """Failures under one key; ``until`` is when the next attempt may be made."""

    failures: int = 0
    last: float = 0.0
    until: float = 0.0


class Throttle:
    """Counts failed logins, in bounded memory. ``clock`` gives seconds.

    ``browser`` names a browser in which this user has been logged in before;
    the caller has made sure of it. Empty: it is not known.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[tuple[str, str], Record] = OrderedDict()

    def pause(self, user: str, address: str, browser: str = "") -> float:
        """Return for how many seconds no attempt may be made; 0 if one may be made now."""
        now = self._clock()
        records = (self._records.get(key) for key in _keys(user, address, browser))
        return max((record.until - now for record in records if record), default=0.0)

    def failed(self, user: str, address: str, browser: str = "") -> float:
        """Count a failure and return by how long (s) its answer is to be delayed."""
        return max(self._count(key) for key in _keys(user, address, browser))

    def succeeded(self, user: str, address: str, browser: str = "") -> None:
        """Forget the failures of this user and of this address."""
        for key in _keys(user, address, browser):
            self._records.pop(key, None)

    def _count(self, key: tuple[str, str]) -> float:
        now = self._clock()
        record = self._records.pop(key, None) or Record()
        if now - record.last > FORGIVEN:
            record = Record()
        record.failures += 1
        record.last = now
        beyond = record.failures - SLOWED
        if beyond >= 0:
            record.until = now + min(2.0 ** min(beyond + 1, 20), LONGEST_PAUSE[key[0]])
        self._records[key] = record
        while len(self._records) > MOST_KEYS:
            self._records.popitem(last=False)
        return min(0.25 * max(record.failures - FREE, 0), 2.0)


def _keys(user: str, address: str, browser: str) -> Iterable[tuple[str, str]]:
    who = ("browser", browser) if browser else ("user", user[:64])
    return who, ("address", _network(address))


def _network(address: str) -> str:
    # One customer has a whole /64 of IPv6, so a single address there means nothing.
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
