"""The two steps of a login: to the provider's page, and from its answer to a name."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from berth.lobby.oauth.attempt import Attempt
from berth.lobby.oauth.directory import Addresses, Directory
from berth.lobby.oauth.failure import LoginFailed
from berth.lobby.oauth.idtoken import ClocksDiffer, Untrusted, claims_of
from berth.lobby.oauth.people import People
from berth.lobby.oauth.providers import extra_parameters, provider_of
from berth.lobby.oauth.web import Unanswered, Web
from berth.settings import LOOPBACK, Settings
from berth.tokens import Token

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Login:
    """Who logged in: name, claims and access token."""

    user: str
    claims: dict[str, Any]
    token: Token


class OAuth:
    """Knows the provider. Raises ConfigurationError for settings that cannot work."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.provider = provider_of(settings)
        self.label = self.provider.label
        self.people = People(settings, self.provider)
        self._extra = extra_parameters(settings)
        self._web = Web()
        self._directory = Directory(self.provider, self._web)
        self._warn()

    def _warn(self) -> None:
        address = urlsplit(self.provider.discovery or self.provider.token_url)
        if address.scheme != "https" and address.hostname not in LOOPBACK:
            logger.warning("%s is asked without encryption: whoever can listen can log in", address.netloc)
        if self.provider.public and not self._settings.oauth_allowed:
            logger.warning(
                "anybody with an account at %s may come in: BERTH_OAUTH_ALLOWED says who, or authorize_callback",
                self.provider.label,
            )

    async def begin(self, attempt: Attempt) -> str:
        """Return the address of the provider's page for this attempt. Raises LoginFailed."""
        try:
            addresses = await self._directory.addresses()
        except Unanswered as problem:
            raise self._down(problem) from problem
        parameters = {
            **self._extra,
            "response_type": "code",
            "client_id": self._settings.oauth_key,
            "redirect_uri": self._settings.redirect_uri,
            "scope": " ".join(self.provider.scopes),
            "state": attempt.state,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
            **({"nonce": attempt.nonce} if addresses.jwks else {}),
        }
        joint = "&" if urlsplit(addresses.authorize).query else "?"
        return f"{addresses.authorize}{joint}{urlencode(parameters)}"

    async def finish(self, attempt: Attempt, code: str, issuer: str) -> Login:
        """Return who it is, from the answer's ``code`` and its parameter ``iss``. Raises LoginFailed."""
        try:
            addresses = await self._directory.addresses()
            _check_issuer(issuer, addresses)
            granted = await self._redeem(addresses, attempt, code)
            claims = await self._claims(addresses, attempt, granted)
        except Unanswered as problem:
            raise self._down(problem) from problem
        except ClocksDiffer as problem:
            sentence = f"The clocks of this site and of {self.label} differ. Please tell whoever runs this site."
            raise LoginFailed(sentence, f"clocks differ: {problem}") from problem
        except Untrusted as problem:
            sentence = f"The answer of {self.label} could not be trusted. Please try again."
            raise LoginFailed(sentence, f"the ID token is not trusted: {problem}") from problem
        lasts = granted.get("expires_in")
        expires = time.time() + (float(lasts) if isinstance(lasts, (int, float)) else 3600)
        return Login(self.people.name(claims), claims, Token(str(granted["access_token"]), expires))

    async def _redeem(self, addresses: Addresses, attempt: Attempt, code: str) -> dict[str, Any]:
        client, secret = self._settings.oauth_key, self._settings.oauth_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        basic = (client, secret) if addresses.basic and secret else None
        if basic is None:
            form |= {"client_id": client, **({"client_secret": secret} if secret else {})}
        granted = await self._web.post(addresses.token, form, basic)
        if not granted.get("access_token"):
            raise Unanswered("it granted no access token")
        return granted

    async def _claims(self, addresses: Addresses, attempt: Attempt, granted: dict[str, Any]) -> dict[str, Any]:
        claims: dict[str, Any] = {}
        if addresses.jwks:
            if not granted.get("id_token"):
                raise Untrusted("there is none; is `openid` in PANEL_OAUTH_SCOPE?")
            token = str(granted["id_token"])
            claims = await claims_of(token, self._directory, addresses, self._settings.oauth_key, attempt.nonce)
        if self.provider.user_claim in claims or not addresses.user:
            return claims
        more = await self._web.get(addresses.user, str(granted["access_token"]))
        if claims and more.get("sub") != claims["sub"]:
            raise Untrusted("the user's information is somebody else's")
        return {**more, **claims}

    def _down(self, problem: Unanswered) -> LoginFailed:
        sentence = f"{self.label} did not answer as it should. Please try again in a moment."
        return LoginFailed(sentence, f"the provider: {problem}")


def _check_issuer(issuer: str, addresses: Addresses) -> None:
    # RFC 9207: the answer of one provider is not to be redeemed at another.
    if issuer and addresses.issuer and issuer != addresses.issuer:
        raise Untrusted("the answer names another issuer")
