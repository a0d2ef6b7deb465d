"""Whether an ID token was made by the provider, for this site, for this attempt, and now."""

from __future__ import annotations

import hmac
from typing import Any

import jwt

from berth.lobby.oauth.directory import Addresses, Directory

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that only the provider can make; with HS256 it would share its key."""

LEEWAY = 60
"""Seconds by which the clocks may differ."""


class Untrusted(Exception):
    """The ID token does not hold; the text says why."""


class ClocksDiffer(Untrusted):
    """It holds, but not at this time."""


async def claims_of(token: str, directory: Directory, addresses: Addresses, client: str, nonce: str) -> dict[str, Any]:
    """Return the token's claims. Raises Untrusted, ClocksDiffer or Unanswered."""
    try:
        name = jwt.get_unverified_header(token).get("kid")
        claims: dict[str, Any] = jwt.decode(
            token,
            await directory.key(name),
            algorithms=ALGORITHMS,
            audience=client,
            issuer=addresses.issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "sub"]},
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise ClocksDiffer(str(error)) from error
    except jwt.PyJWTError as error:
        raise Untrusted(str(error)) from error
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise Untrusted("the nonce is of another attempt")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client:
        raise Untrusted("it was made for another client (azp)")
    return claims
