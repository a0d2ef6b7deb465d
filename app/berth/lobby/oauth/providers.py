"""The providers that Panel knows: where they are, what they are asked for, and which claim names a user."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from berth.errors import ConfigurationError
from berth.settings import Settings

OPENID = ("openid", "email", "profile")

RESERVED = frozenset(
    {"scope", "tenant", "subdomain", "url", "server"}
    | {"TOKEN_URL", "AUTHORIZE_URL", "USER_URL", "LOGOUT_URL", "USER_KEY"}
)
"""Extra parameters that say where a provider is; the others are passed on to its page."""

SHARED_TENANTS = frozenset({"", "common", "organizations", "consumers"})
"""With these Microsoft lets in anybody, with any address as e-mail: no login for a site."""


@dataclass(frozen=True)
class Provider:
    """``discovery`` is where an OpenID provider describes itself; without it the three addresses are given.

    ``issuer`` is what that description must say, empty where it cannot be known before (Azure).
    ``public`` is whether anybody can have an account there.
    """

    label: str
    user_claim: str
    scopes: tuple[str, ...] = OPENID
    discovery: str = ""
    issuer: str = ""
    authorize_url: str = ""
    token_url: str = ""
    user_url: str = ""
    public: bool = False


def provider_of(settings: Settings) -> Provider:
    """Return the provider that the settings name. Raises ConfigurationError with every problem at once."""
    problems = list(_problems(settings))
    if problems:
        raise ConfigurationError(*problems)
    found = BUILDERS[settings.oauth_provider](settings)
    return replace(
        found,
        label=settings.oauth_name or found.label,
        user_claim=settings.oauth_jwt_user or found.user_claim,
        scopes=settings.oauth_scope or tuple(settings.oauth_extra.get("scope", "").split()) or found.scopes,
    )


def extra_parameters(settings: Settings) -> dict[str, str]:
    """Return what the provider's page gets besides what OAuth asks for, such as ``prompt``."""
    return {name: value for name, value in settings.oauth_extra.items() if name not in RESERVED}


def _problems(settings: Settings) -> list[str]:
    problems = []
    if not settings.oauth_provider:
        problems.append("BERTH_LOGIN=oauth needs PANEL_OAUTH_PROVIDER: `generic` for any OpenID provider, or a name.")
    if not settings.oauth_key:
        problems.append("BERTH_LOGIN=oauth needs PANEL_OAUTH_KEY: the client id that the provider gave to this site.")
    if settings.oauth_issuer and settings.oauth_provider != "generic":
        problems.append(
            f"BERTH_OAUTH_ISSUER={settings.oauth_issuer} goes with PANEL_OAUTH_PROVIDER=generic only: leave out one."
        )
    own, back = urlsplit(settings.url), urlsplit(settings.redirect_uri)
    if (own.scheme, own.netloc) != (back.scheme, back.netloc) or not f"{back.path}/".startswith(f"{own.path}/"):
        problems.append(
            f"PANEL_OAUTH_REDIRECT_URI={settings.redirect_uri} must lie below {settings.url}: "
            "change it, here and at the provider, or APP_URL."
        )
    return problems


def _google(settings: Settings) -> Provider:
    return replace(_openid("Google", "https://accounts.google.com"), public=True)


def _github(settings: Settings) -> Provider:
    return Provider(
        "GitHub",
        "login",
        ("read:user",),
        authorize_url="https://github.com/login/oauth/authorize",
        token_url="https://github.com/login/oauth/access_token",  # noqa: S106 (an address)
        user_url="https://api.github.com/user",
        public=True,
    )


def _bitbucket(settings: Settings) -> Provider:
    return Provider(
        "Bitbucket",
        "username",
        ("account",),
        authorize_url="https://bitbucket.org/site/oauth2/authorize",
        token_url="https://bitbucket.org/site/oauth2/access_token",  # noqa: S106 (an address)
        user_url="https://api.bitbucket.org/2.0/user",
        public=True,
    )


def _gitlab(settings: Settings) -> Provider:
    host = _extra(settings, "url", "gitlab.com")
    return replace(_openid("GitLab", f"https://{host}", "preferred_username"), public=host == "gitlab.com")


def _azure(settings: Settings) -> Provider:
    return _microsoft(settings, "", "unique_name")


def _azurev2(settings: Settings) -> Provider:
    return _microsoft(settings, "/v2.0", "email")


def _microsoft(settings: Settings, version: str, user_claim: str) -> Provider:
    tenant = settings.oauth_extra.get("tenant", "")
    if tenant in SHARED_TENANTS:
        raise ConfigurationError(
            f"PANEL_OAUTH_PROVIDER={settings.oauth_provider} without a tenant would let in anybody with a Microsoft "
            'account: set PANEL_OAUTH_EXTRA_PARAMS={"tenant": "…"} to your directory\'s id.'
        )
    base = f"https://login.microsoftonline.com/{_extra(settings, 'tenant', tenant)}{version}"
    return Provider("Microsoft", user_claim, discovery=f"{base}/.well-known/openid-configuration")


def _okta(settings: Settings) -> Provider:
    host = _extra(settings, "url", "okta.com")
    server = settings.oauth_extra.get("server", "default")
    path = f"/oauth2/{_extra(settings, 'server', server)}" if server else ""
    return _openid("Okta", f"https://{host}{path}")


def _auth0(settings: Settings) -> Provider:
    if "subdomain" not in settings.oauth_extra:
        raise ConfigurationError(
            'PANEL_OAUTH_PROVIDER=auth0 needs PANEL_OAUTH_EXTRA_PARAMS={"subdomain": "…"}: the name before .auth0.com.'
        )
    return _openid("Auth0", f"https://{_extra(settings, 'subdomain', '')}.auth0.com/")


def _generic(settings: Settings) -> Provider:
    given = settings.oauth_extra
    user_claim = given.get("USER_KEY", "email")
    if settings.oauth_issuer:
        label = urlsplit(settings.oauth_issuer).hostname or ""
        return replace(_openid(label, settings.oauth_issuer), user_claim=user_claim)
    urls = (
        given.get("AUTHORIZE_URL") or settings.oauth_authorize_url,
        given.get("TOKEN_URL") or settings.oauth_token_url,
        given.get("USER_URL") or settings.oauth_user_url,
    )
    if not all(urls):
        raise ConfigurationError(
            "PANEL_OAUTH_PROVIDER=generic needs BERTH_OAUTH_ISSUER, or PANEL_OAUTH_AUTHORIZE_URL, "
            "PANEL_OAUTH_TOKEN_URL and PANEL_OAUTH_USER_URL together: set what the provider's documentation names."
        )
    return Provider(urlsplit(urls[0]).hostname or "", user_claim, OPENID, "", "", *urls)


def _openid(label: str, issuer: str, user_claim: str = "email") -> Provider:
    return Provider(
        label, user_claim, discovery=f"{issuer.rstrip('/')}/.well-known/openid-configuration", issuer=issuer
    )


def _extra(settings: Settings, name: str, default: str) -> str:
    value = settings.oauth_extra.get(name, default)
    if not re.fullmatch(r"[\w.-]+", value, re.ASCII):
        raise ConfigurationError(
            f"PANEL_OAUTH_EXTRA_PARAMS has {name}={value[:80]!r}, which is no host or name: write only that, without https://."
        )
    return value


BUILDERS: dict[str, Callable[[Settings], Provider]] = {
    "generic": _generic,
    "google": _google,
    "github": _github,
    "gitlab": _gitlab,
    "azure": _azure,
    "azurev2": _azurev2,
    "okta": _okta,
    "auth0": _auth0,
    "bitbucket": _bitbucket,
}
