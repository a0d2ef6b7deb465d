"""HS256 JSON Web Tokens, the one kind that HAProxy reads and Berth makes.

Every process checks such tokens, and each would hold 12 MiB more if PyJWT were
imported for them (it imports all of ``cryptography``, where that is installed).
The header of a token is never read, so that a forger cannot choose the algorithm.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any

from berth.errors import TicketError


def sign(claims: dict[str, Any], key: str) -> str:
    """Return the token that says ``claims``."""
    text = f"{_HEADER}.{_encoded(_compact(claims))}"
    return f"{text}.{_encoded(_signature(text, key))}"


def read(token: str, key: str) -> dict[str, Any]:
    """Return the claims of a token signed with ``key``. Raises TicketError if it was not, or is past its exp."""
    text, _, signature = token.rpartition(".")
    try:
        right = hmac.compare_digest(_decoded(signature), _signature(text, key))
        claims: dict[str, Any] = json.loads(_decoded(text.partition(".")[2])) if right else {}
    except ValueError:
        right = False
    if not right:
        raise TicketError("not ours")
    if "exp" in claims and time.time() >= claims["exp"]:
        raise TicketError("expired")
    return claims


def _signature(text: str, key: str) -> bytes:
    return hmac.new(key.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _compact(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("no base64") from error


_HEADER = _encoded(_compact({"alg": "HS256", "typ": "JWT"}))
