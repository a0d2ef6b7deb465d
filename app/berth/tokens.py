"""Access tokens of a login's provider, on their way from the lobby to the visitor's dashboards.

They travel in the visitor's own cookie, encrypted and bound to that visitor, so
that neither scripts of a page nor whoever copies the cookie can use them.
``cryptography`` takes 12 MiB, so it is imported only where a token is.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from berth.errors import TicketError
from berth.tickets import Keys, Visitor

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


@dataclass(frozen=True)
class Token:
    """An access token that is good until ``expires`` (s since the epoch)."""

    text: str = field(repr=False)
    expires: float

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires <= time.time()


def seal(keys: Keys, visitor: Visitor, token: Token) -> str:
    """Return the cookie's value."""
    content = json.dumps({"visitor": visitor.id, "token": token.text, "expires": token.expires})
    return _fernet(keys).encrypt(content.encode()).decode()


def unseal(keys: Keys, visitor: Visitor, sealed: str) -> Token:
    """Return the token, expired or not. Raises TicketError for one that is forged or another visitor's."""
    from cryptography.fernet import InvalidToken

    try:
        content = json.loads(_fernet(keys).decrypt(sealed.encode("utf-8", "surrogatepass")))
    except InvalidToken:
        raise TicketError("the access token is not sealed by us") from None
    if content["visitor"] != visitor.id:
        raise TicketError("the access token belongs to another visitor")
    return Token(str(content["token"]), float(content["expires"]))


def _fernet(keys: Keys) -> Fernet:
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(bytes.fromhex(keys.derived("access tokens"))))
