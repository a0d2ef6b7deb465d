"""Where a provider's servers are and with which keys it signs, as it says itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

from berth.lobby.oauth.providers import Provider
from berth.lobby.oauth.web import Unanswered, Web

GOOD_FOR = 3600.0
"""Seconds after which addresses and keys are asked for again."""

PAUSE = 30.0
"""Seconds between two looks for a key that was not there."""


@dataclass(frozen=True)
class Addresses:
    """``basic``: the client secret goes into a header, not into the form. Without ``jwks`` no ID token counts."""

    authorize: str
    token: str
    user: str
    issuer: str = ""
    jwks: str = ""
    basic: bool = False


class Directory:
    """Asks once and remembers. All methods raise Unanswered."""

    def __init__(self, provider: Provider, web: Web) -> None:
        self._provider = provider
        self._web = web
        self._addresses: Addresses | None = None
        self._addresses_at = 0.0
        self._keys: list[PyJWK] = []
        self._keys_at = float("-inf")

    async def addresses(self) -> Addresses:
        """Return where the provider's servers are."""
        if not self._provider.discovery:
            return Addresses(self._provider.authorize_url, self._provider.token_url, self._provider.user_url)
        now = time.monotonic()
        if self._addresses is None or now - self._addresses_at > GOOD_FOR:
            said = await self._web.get(self._provider.discovery)
            self._addresses, self._addresses_at = _addresses(said, self._provider), now
        return self._addresses

    async def key(self, name: str | None) -> PyJWK:
        """Return the public key of this name; without a name, the only one that there is."""
        now = time.monotonic()
        found = self._known(name)
        stale = now - self._keys_at > (GOOD_FOR if found else PAUSE)
        if stale:
            said = await self._web.get((await self.addresses()).jwks)
            self._keys, self._keys_at = _signing_keys(said), now
            found = self._known(name)
        if found is None:
            raise Unanswered("its ID token is signed with a key that it does not publish")
        return found

    def _known(self, name: str | None) -> PyJWK | None:
        keys = [key for key in self._keys if name is None or key.key_id == name]
        return keys[0] if len(keys) == 1 else None


def _addresses(said: dict[str, Any], provider: Provider) -> Addresses:
    issuer = str(said.get("issuer", ""))
    if provider.issuer and issuer != provider.issuer:
        raise Unanswered(f"its configuration names the issuer {issuer[:200]!r}, not {provider.issuer!r}")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    authorize, token, jwks, user = (str(said.get(name) or "") for name in names)
    if not (issuer and authorize and token and jwks):
        raise Unanswered("its configuration lacks issuer, authorization_endpoint, token_endpoint or jwks_uri")
    secure = provider.discovery.startswith("https:")
    for url in filter(None, (authorize, token, jwks, user)):
        if secure and urlsplit(url).scheme != "https":
            raise Unanswered(f"its configuration names {url[:200]!r}, which is not encrypted")
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Addresses(authorize, token, user, issuer, jwks, basic="client_secret_post" not in methods)


def _signing_keys(said: dict[str, Any]) -> list[PyJWK]:
    try:
        keys = PyJWKSet.from_dict(said).keys
    except PyJWTError as error:
        raise Unanswered(f"its keys cannot be read ({error})") from error
    # A shared secret among them would let anybody sign who knows it.
    return [key for key in keys if key.key_type != "oct" and key.public_key_use in (None, "sig")]
