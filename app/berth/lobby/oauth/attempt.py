"""One attempt to log in: what the browser keeps while it is at the provider.

Each attempt has a cookie of its own, so that two tabs do not disturb each other.
The answer counts only in the browser that holds the cookie, and only once.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import asdict, dataclass

from berth import signing
from berth.errors import TicketError
from berth.tickets import ATTEMPT_COOKIES, Keys

LIFETIME = 600
"""Seconds that a visitor has at the provider's page."""


@dataclass(frozen=True)
class Attempt:
    """``state`` comes back with the answer, ``nonce`` in the ID token; ``verifier`` redeems the code."""

    state: str
    nonce: str
    verifier: str
    target: str

    @classmethod
    def new(cls, target: str) -> Attempt:
        """Make an attempt that leads to ``target``, a path of this site."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), target)

    @property
    def challenge(self) -> str:
        """What the provider gets to see of the verifier (PKCE, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def cookie(self) -> str:
        """Name of its cookie."""
        return cookie_of(self.state)

    def signed(self, keys: Keys) -> str:
        """Return the cookie's value."""
        return signing.sign({**asdict(self), "exp": time.time() + LIFETIME}, keys.derived("oauth attempt"))

    @classmethod
    def read(cls, keys: Keys, state: str, cookies: dict[str, str]) -> Attempt | None:
        """Return the attempt that this browser began with ``state``, or None."""
        try:
            claims = signing.read(cookies.get(cookie_of(state), ""), keys.derived("oauth attempt"))
        except TicketError:
            return None
        attempt = cls(*(str(claims[name]) for name in ("state", "nonce", "verifier", "target")))
        return attempt if secrets.compare_digest(attempt.state.encode(), state.encode()) else None


def cookie_of(state: str) -> str:
    """Return the name of the cookie of the attempt with this state."""
    return ATTEMPT_COOKIES + hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()[:12]
