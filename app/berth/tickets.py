"""Who a request comes from and which seat it holds: signed cookies, no I/O.

=================  ============================================================
cookie             content
=================  ============================================================
``user``           Panel's own login cookie: the name, signed by Tornado
``visitor``        JWT: which of the user's browsers, and since when it waits
``berth``          JWT, the ticket: the seat; the router reads its ip and port
``berth_profile``  JWT: what a provider said of the user, after a login by OAuth
=================  ============================================================

All keys are derived from the cookie secret, one for each purpose.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tornado.web import create_signed_value, decode_signed_value

from berth import signing
from berth.errors import TicketError

USER_COOKIE = "user"
VISITOR_COOKIE = "visitor"
TICKET_COOKIE = "berth"
PROFILE_COOKIE = "berth_profile"
TOKEN_COOKIE = "berth_token"  # noqa: S105 (a name)
"""The provider's access token, encrypted; see ``berth.tokens``."""

ATTEMPT_COOKIES = "berth_oauth_"
"""How the names of cookies begin that hold a login's state while the browser is at the provider."""

XSRF_COOKIE = "berth_xsrf"
"""The token of the lobby's forms, which no dashboard needs to see."""

TICKET_LIFETIME = 7 * 86400
"""Seconds. The seat itself ends much earlier; a ticket that ran out is renewed by the lobby."""

CALL_LIFETIME = 30
"""Seconds for which a signed call to a supervisor is good."""


@dataclass(frozen=True)
class Visitor:
    """One logged-in browser.

    ``id`` is random and tells the user's browsers apart; ``arrived`` is the
    time (s since the epoch) at which it began to wait for a seat, 0 if it
    does not wait.
    """

    id: str
    user: str
    arrived: float = 0.0

    @classmethod
    def new(cls, user: str) -> Visitor:
        """Make a visitor with a fresh random id."""
        return cls(secrets.token_hex(12), user)


@dataclass(frozen=True)
class Ticket:
    """A seat: ``ip`` and ``port`` of its berth and ``berth``, the number of that very process."""

    user: str
    visitor: str
    ip: str
    port: int
    berth: int


class Keys:
    """Signs and checks everything that Berth signs. Raises TicketError for what does not hold."""

    def __init__(self, cookie_secret: str) -> None:
        self.cookie_secret = cookie_secret
        self._derived: dict[str, str] = {}

    def derived(self, purpose: str) -> str:
        """Return the key for ``purpose`` as 64 hexadecimal digits."""
        if purpose not in self._derived:
            digest = hmac.new(self.cookie_secret.encode(), f"berth {purpose}".encode(), hashlib.sha256)
            self._derived[purpose] = digest.hexdigest()
        return self._derived[purpose]

    def sign_user(self, user: str) -> str:
        """Return the value of the ``user`` cookie, as Panel reads it."""
        return create_signed_value(self.cookie_secret, USER_COOKIE, user).decode()

    def read_user(self, value: str, lifetime: float) -> str:
        """Return the name in a ``user`` cookie that is at most ``lifetime`` seconds old."""
        name = decode_signed_value(self.cookie_secret, USER_COOKIE, value, max_age_days=lifetime / 86400)
        if name is None:
            raise TicketError("not logged in, or the login has expired")
        return name.decode()

    def sign_visitor(self, visitor: Visitor) -> str:
        """Return the value of the ``visitor`` cookie."""
        return self._sign("visitor", asdict(visitor))

    def read_visitor(self, value: str) -> Visitor:
        """Return what a ``visitor`` cookie says."""
        claims = self._read("visitor", value)
        try:
            return Visitor(str(claims["id"]), str(claims["user"]), float(claims["arrived"]))
        except (KeyError, TypeError, ValueError):
            raise TicketError("the visitor cookie is incomplete") from None

    def sign_profile(self, visitor: Visitor, claims: Mapping[str, Any]) -> str:
        """Return the value of the ``berth_profile`` cookie: what a provider said of this visitor."""
        return self._sign("profile", {"visitor": visitor.id, "user": visitor.user, "claims": dict(claims)})

    def read_profile(self, value: str, visitor: Visitor) -> dict[str, Any]:
        """Return the claims in a ``berth_profile`` cookie, which must be this visitor's."""
        said = self._read("profile", value)
        if (said.get("visitor"), said.get("user")) != (visitor.id, visitor.user):
            raise TicketError("the profile belongs to another visitor")
        claims: dict[str, Any] = said["claims"]
        return claims

    def sign_ticket(self, ticket: Ticket, lifetime: float = TICKET_LIFETIME) -> str:
        """Return the value of the ``berth`` cookie, good for ``lifetime`` seconds."""
        return self._sign("ticket", {**asdict(ticket), "exp": int(time.time() + lifetime)})

    def read_ticket(self, value: str) -> Ticket:
        """Return what a ``berth`` cookie says."""
        claims = self._read("ticket", value)
        try:
            return Ticket(**{name: claims[name] for name in Ticket.__dataclass_fields__})
        except KeyError as error:
            raise TicketError(f"the ticket lacks {error}") from None

    def sign_call(self, path: str, body: bytes) -> str:
        """Return the bearer token for a call of ``path`` with ``body`` on an operations port."""
        claims = {"path": path, "body": hashlib.sha256(body).hexdigest(), "exp": time.time() + CALL_LIFETIME}
        return self._sign("operations", claims)

    def check_call(self, token: str, path: str, body: bytes) -> None:
        """Raise TicketError unless ``token`` was made for this very call."""
        claims = self._read("operations", token)
        if claims.get("path") != path or claims.get("body") != hashlib.sha256(body).hexdigest():
            raise TicketError("the signature belongs to another call")

    def who(self, cookies: Mapping[str, str], lifetime: float) -> Visitor:
        """Return the visitor who is logged in by these cookies."""
        if USER_COOKIE not in cookies or VISITOR_COOKIE not in cookies:
            raise TicketError("not logged in")
        user = self.read_user(cookies[USER_COOKIE], lifetime)
        visitor = self.read_visitor(cookies[VISITOR_COOKIE])
        if visitor.user != user:
            raise TicketError("the login belongs to another visitor")
        return visitor

    def seat(self, cookies: Mapping[str, str], visitor: Visitor) -> Ticket:
        """Return the ticket among these cookies, which must be this visitor's."""
        if TICKET_COOKIE not in cookies:
            raise TicketError("no ticket")
        ticket = self.read_ticket(cookies[TICKET_COOKIE])
        if (ticket.user, ticket.visitor) != (visitor.user, visitor.id):
            raise TicketError("the ticket belongs to another visitor")
        return ticket

    def _sign(self, purpose: str, claims: dict[str, Any]) -> str:
        return signing.sign(claims, self.derived(purpose))

    def _read(self, purpose: str, token: str) -> dict[str, Any]:
        try:
            return signing.read(token, self.derived(purpose))
        except TicketError as error:
            raise TicketError(f"the {purpose} signature is {error}") from None
