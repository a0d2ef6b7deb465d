"""What a provider's user is called here, and whether that user may come in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from berth.lobby.oauth.failure import LoginFailed
from berth.lobby.oauth.providers import Provider
from berth.settings import Settings

LONGEST_NAME = 250
"""Characters of a name; it stands in three cookies."""

MOST_CLAIMS = 1500
"""Bytes of claims that a login's cookie carries; with the other cookies they fit into HAProxy's 16 kB twice."""

PASSING = frozenset({"nonce", "at_hash", "c_hash", "sid", "jti"})
"""Claims about the login itself, of no use to a dashboard."""

ADDRESSES = frozenset({"email", "unique_name", "upn"})
"""Claims in which a provider has checked that an address is the user's."""


class People:
    """Names and admits users by their claims."""

    def __init__(self, settings: Settings, provider: Provider) -> None:
        self._claim = provider.user_claim
        self._label = provider.label
        self._allowed = frozenset(entry.casefold() for entry in settings.oauth_allowed)

    def name(self, claims: Mapping[str, Any]) -> str:
        """Return the user's name. Raises LoginFailed if there is none, or none that can be believed."""
        value = claims.get(self._claim)
        name = str(value) if isinstance(value, (str, int)) else ""
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise LoginFailed(
                f"{self._label} did not say who you are. Please tell whoever runs this site.",
                f"no usable claim {self._claim!r} among {str(sorted(claims))[:300]}; "
                "PANEL_OAUTH_JWT_USER names another, PANEL_OAUTH_SCOPE asks for more",
                403,
            )
        if self._claim == "email" and not _verified(claims):
            raise LoginFailed(
                f"{self._label} has not verified your e-mail address yet. Please do that there first.",
                "the e-mail address is not verified",
                403,
            )
        return name

    def admits(self, user: str, claims: Mapping[str, Any]) -> bool:
        """Whether this user may come in, by name or by a verified address."""
        if not self._allowed:
            return True
        addresses = {str(claims["email"]).casefold()} if "email" in claims and _verified(claims) else set()
        if self._claim in ADDRESSES:
            addresses.add(user.casefold())
        domains = {f"@{address.rpartition('@')[2]}" for address in addresses if "@" in address}
        return bool(({user.casefold()} | addresses | domains) & self._allowed)

    def profile(self, claims: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Return the claims that dashboards see, and the names of those for which a cookie has no room."""
        kept = {name: value for name, value in claims.items() if name not in PASSING}
        left_out = []
        while len(json.dumps(kept)) > MOST_CLAIMS:
            longest = max(kept, key=lambda name: len(json.dumps(kept[name])))
            del kept[longest]
            left_out.append(longest)
        return kept, left_out


def _verified(claims: Mapping[str, Any]) -> bool:
    return claims.get("email_verified") not in (False, "false")
