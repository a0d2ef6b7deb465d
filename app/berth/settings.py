"""The settings of all roles: one typed field each, read from the environment and ``.env``.

``Settings.load()`` is the only reader. A field states its variable, how its
text is parsed, its default and its documentation; the README's table is made
from these fields.
"""

from __future__ import annotations

import ast
import difflib
import ipaddress
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values

from berth.errors import ConfigurationError

T = TypeVar("T")

SHORTEST_SECRET = 32
"""Characters that a cookie secret has at least."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Names of this machine that no other machine reaches it by."""

OAUTH_PROVIDERS = ("generic", "google", "github", "gitlab", "azure", "azurev2", "okta", "auth0", "bitbucket")
"""Panel's names of those that log visitors in."""

RUNTIME_VARIABLES = frozenset({"BERTH_NAME", "BERTH_REQUIRE"})
"""Variables with our prefix that are no settings: what a berth tells its dashboard, and what the tests need."""


def setting(variable: str, parse: Callable[[str], T], default: str, doc: str, *, secret: bool = False) -> T:
    """Declare a setting.

    ``variable`` is the name in the environment, ``default`` the text that is
    parsed when the variable is not set. ``parse`` raises ``ValueError`` with
    the end of the sentence "VARIABLE=value …". A secret's value is left out
    of messages.
    """
    metadata = {"variable": variable, "parse": parse, "default": default, "doc": doc, "secret": secret}
    return field(default_factory=lambda: parse(default), metadata=metadata)


def _text(text: str) -> str:
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in re.split(r"[\s,]+", text) if name)


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise ValueError("is not a whole number") from None
        if not low <= number <= high:
            raise ValueError(f"must lie between {low} and {high}")
        return number

    return parse


def _seconds(low: float = 0) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            raise ValueError("is not a number of seconds") from None
        if not low <= number < 1e9:
            raise ValueError(f"must be {low:g} seconds or more")
        return number

    return parse


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of: {', '.join(allowed)}")
        return text

    return parse


def _url(text: str) -> str:
    if not text:
        return text
    try:
        url = urlsplit(text)
        url.port  # noqa: B018  (reading it raises for a port that is none)
    except ValueError as error:
        raise ValueError(f"is not an address: {error}") from None
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("must look like https://dash.example.org or https://example.org/dash")
    if url.query or url.fragment or not re.fullmatch(r"[A-Za-z0-9_/.~-]*", url.path):
        raise ValueError("may have a path of letters, digits and -._~ but no query and no fragment")
    return text.rstrip("/")


def _exact_url(text: str) -> str:
    _url(text)
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = _names(text)
    for origin in origins:
        url = urlsplit(origin)
        if url.scheme not in ("http", "https") or not url.netloc or url.path or url.query:
            raise ValueError(f"has {origin!r}, which is no origin such as https://intranet.example.org")
    return origins


def _secret(text: str) -> str:
    if text and len(text) < SHORTEST_SECRET:
        raise ValueError(
            f"is too short ({len(text)} characters, at least {SHORTEST_SECRET} are needed): "
            'make one with python -c "import secrets; print(secrets.token_hex(32))"'
        )
    return text


def _addresses(text: str) -> tuple[tuple[str, int], ...]:
    addresses = []
    for name in _names(text):
        host, _, port = name.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"has {name!r}, which is no HOST:PORT")
        addresses.append((host.strip("[]"), int(port)))
    return tuple(addresses)


def _networks(text: str) -> tuple[str, ...]:
    networks = _names(text)
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ValueError(f"has {network!r}, which is no address or network such as 10.0.0.0/8") from None
    return networks


def _sources(text: str) -> tuple[str, ...]:
    sources = _names(text)
    for source in sources:
        if not re.fullmatch(r"'self'|[a-z]+:|[\w.:/*~%-]+", source):
            raise ValueError(f"has {source!r}, which is no CSP source such as https: or https://cdn.example.org")
    return sources


def _host(text: str) -> str:
    if not re.fullmatch(r"\*|[\w.-]+|[0-9a-fA-F:.]+", text, re.ASCII):
        raise ValueError("is no address to listen on, such as 127.0.0.1, or * for all")
    return text


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError("must be a colour such as #0b6e8f")
    return text


def _provider(text: str) -> str:
    # Panel's name for `generic` with PKCE, which is always used here.
    return _choice("", *OAUTH_PROVIDERS)("generic" if text == "auth_code" else text)


def _mapping(text: str) -> tuple[tuple[str, str], ...]:
    # Panel reads a Python literal; JSON is what other tools write.
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            found = None
    if not isinstance(found, dict) or not all(isinstance(value, (str, int)) for value in found.values()):
        raise ValueError('must be a JSON object of names and texts, such as {"tenant": "example.org"}')
    return tuple((str(name), str(value)) for name, value in found.items())


def _file(text: str) -> str:
    if text and not Path(text).is_file():
        raise ValueError("names a file that is not there")
    return text


@dataclass(frozen=True)
class Settings:
    """What every role reads. Times are in seconds, sizes in MiB."""

    app_url: str = setting(
        "APP_URL", _url, "", "Address that visitors type, with a path if there is one. Empty: `http://localhost:PORT`."
    )
    port: int = setting("PORT", _whole(1, 65535), "8080", "Port of the router, the only one that visitors reach.")
    cookie_secret: str = setting(
        "COOKIE_SECRET",
        _secret,
        "",
        "Secret of at least 32 characters from which all keys are derived. Changing it logs everybody out.",
        secret=True,
    )
    cookie_secret_file: str = setting(
        "BERTH_COOKIE_SECRET_FILE", _file, "", "File that holds the cookie secret, in place of COOKIE_SECRET."
    )
    credentials: str = setting(
        "CREDENTIALS",
        _text,
        "",
        "Who may log in: `user:password,user2:password2`. A password may be a hash made by `berth hash-password`.",
        secret=True,
    )

    credentials_file: str = setting(
        "BERTH_CREDENTIALS_FILE", _file, "", "File with one `user:password` or `user:hash` a line, besides CREDENTIALS."
    )
    login: str = setting(
        "BERTH_LOGIN",
        _choice("password", "oauth", "none"),
        "password",
        "`oauth`: by a provider named below, besides the users in CREDENTIALS. `none` opens the dashboards to anybody.",
    )
    login_lifetime: float = setting(
        "BERTH_LOGIN_LIFETIME", _seconds(60), "604800", "How long a login lasts (s). Logging in again keeps the seat."
    )

    oauth_provider: str = setting(
        "PANEL_OAUTH_PROVIDER",
        _provider,
        "",
        f"Who logs visitors in: {', '.join(f'`{name}`' for name in OAUTH_PROVIDERS)}. `generic`: any OpenID provider.",
    )
    oauth_key: str = setting("PANEL_OAUTH_KEY", _text, "", "Client id that the provider gave to this site.")
    oauth_secret: str = setting(
        "PANEL_OAUTH_SECRET", _text, "", "Client secret. Empty: a public client, with PKCE only.", secret=True
    )
    oauth_secret_file: str = setting(
        "BERTH_OAUTH_SECRET_FILE", _file, "", "File that holds the client secret, in place of PANEL_OAUTH_SECRET."
    )
    oauth_issuer: str = setting(
        "BERTH_OAUTH_ISSUER",
        _exact_url,
        "",
        "Issuer of an OpenID provider (`https://login.example.org/realms/x`); the rest is found from there.",
    )
    oauth_authorize_url: str = setting(
        "PANEL_OAUTH_AUTHORIZE_URL", _exact_url, "", "Where `generic` asks visitors, if there is no issuer."
    )
    oauth_token_url: str = setting(
        "PANEL_OAUTH_TOKEN_URL", _exact_url, "", "Where `generic` redeems its answer, if there is no issuer."
    )
    oauth_user_url: str = setting(
        "PANEL_OAUTH_USER_URL", _exact_url, "", "Where `generic` asks who it is, if there is no issuer."
    )
    oauth_redirect_uri: str = setting(
        "PANEL_OAUTH_REDIRECT_URI",
        _exact_url,
        "",
        "Address to which the provider sends visitors back, as registered there. Empty: APP_URL with `/login`.",
    )
    oauth_scope: tuple[str, ...] = setting(
        "PANEL_OAUTH_SCOPE", _names, "", "What is asked of the provider. Empty: the name and the e-mail address."
    )
    oauth_extra_params: tuple[tuple[str, str], ...] = setting(
        "PANEL_OAUTH_EXTRA_PARAMS",
        _mapping,
        "",
        "JSON object: `tenant` (azure), `subdomain` (auth0), `url` (gitlab, okta), `server` (okta); "
        "others go to the provider's page as they are.",
    )
    oauth_jwt_user: str = setting(
        "PANEL_OAUTH_JWT_USER", _text, "", "Claim that becomes the user's name. Empty: the provider's usual one."
    )
    oauth_allowed: tuple[str, ...] = setting(
        "BERTH_OAUTH_ALLOWED",
        _names,
        "",
        "Who may come in, such as `alice@example.org, @example.org`. Empty: everybody whom the provider lets in.",
    )
    oauth_name: str = setting("BERTH_OAUTH_NAME", _text, "", "Name on the button. Empty: the provider's.")
    oauth_tokens: str = setting(
        "BERTH_OAUTH_TOKENS",
        _choice("none", "access"),
        "none",
        "`access` hands the access token to dashboards (`pn.state.access_token`), by an encrypted cookie.",
    )

    seats: int = setting("BERTH_SEATS", _whole(1, 10_000), "1", "Visitors that share one berth.")
    spare: int = setting("BERTH_SPARE", _whole(0, 1_000), "1", "Fresh berths that stand ready for newcomers.")
    max_berths: int = setting("BERTH_MAX_BERTHS", _whole(1, 1_000), "16", "Berths that one replica runs at most.")
    max_jobs: int = setting(
        "BERTH_MAX_JOBS",
        _whole(1, 1_000),
        "2",
        "Jobs of `berth.run` that one berth runs at once; more wait.",
    )
    seat_grace: float = setting(
        "BERTH_SEAT_GRACE",
        _seconds(),
        "20",
        "How long a seat is kept after its last page was left, e.g. for a reload (s).",
    )
    lost_grace: float = setting(
        "BERTH_LOST_GRACE",
        _seconds(),
        "900",
        "How long a seat and its sessions are kept after a connection was lost (s).",
    )
    idle_timeout: float = setting(
        "BERTH_IDLE_TIMEOUT", _seconds(), "0", "A visitor without input for so long loses the seat (s); 0 turns it off."
    )
    idle_warning: float = setting(
        "BERTH_IDLE_WARNING", _seconds(1), "60", "How long before that the page warns with a countdown (s)."
    )
    drain_grace: float = setting(
        "BERTH_DRAIN_GRACE",
        _seconds(),
        "3600",
        "How long a replica that ends waits for its visitors to leave (s); it warns them five minutes ahead.",
    )

    preload: tuple[str, ...] = setting(
        "BERTH_PRELOAD",
        _names,
        "auto",
        "Modules that are imported once before berths are forked: `auto` (what the scripts import), `none`, or names.",
    )
    blocked_after: float = setting(
        "BERTH_BLOCKED_AFTER",
        _seconds(0.2),
        "1",
        "A berth that does not react for so long is logged with its stack (s).",
    )
    stuck_limit: float = setting(
        "BERTH_STUCK_LIMIT", _seconds(), "0", "A berth that does not react for so long is replaced (s); 0 turns it off."
    )
    upload_limit: int = setting(
        "BERTH_UPLOAD_LIMIT",
        _whole(1, 4096),
        "100",
        "Largest upload and largest message of a page (MiB), in every layer.",
    )

    title: str = setting("BERTH_TITLE", _text, "Berth", "Title of the login page, the waiting room and the index.")
    logo: str = setting("BERTH_LOGO", _file, "", "Image file (svg, png) shown there.")
    colour: str = setting("BERTH_COLOUR", _colour, "#0b6e8f", "Main colour there.")

    embed_origins: tuple[str, ...] = setting(
        "BERTH_EMBED_ORIGINS", _origins, "", "Origins of other sites whose pages may embed the dashboards."
    )
    content_sources: tuple[str, ...] = setting(
        "BERTH_CONTENT_SOURCES",
        _sources,
        "https:",
        "CSP sources from which dashboards may load scripts, styles and pictures besides this site; `'self'` for none.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        "BERTH_TRUSTED_PROXIES",
        _networks,
        "",
        "Addresses or networks of proxies in front whose X-Forwarded-… are believed.",
    )

    host: str = setting(
        "BERTH_HOST", _host, "127.0.0.1", "Address on which the router listens; `*` for all, IPv4 and IPv6."
    )
    address: str = setting(
        "BERTH_ADDRESS", _text, "127.0.0.1", "This replica's address as the router reaches it; it stands in tickets."
    )
    berth_port: int = setting("BERTH_BERTH_PORT", _whole(1, 65535), "5006", "Port of a replica's first berth.")
    operations_port: int = setting("BERTH_OPERATIONS_PORT", _whole(1, 65535), "9090", "Port of a replica's supervisor.")
    lobby_port: int = setting("BERTH_LOBBY_PORT", _whole(1, 65535), "5000", "Port of the lobby.")
    lobby_operations_port: int = setting(
        "BERTH_LOBBY_OPERATIONS_PORT",
        _whole(0, 65535),
        "0",
        "Port at which the lobby answers probes and the controller; 0 opens none.",
    )
    replicas: tuple[tuple[str, int], ...] = setting(
        "BERTH_REPLICAS",
        _addresses,
        "127.0.0.1:9090",
        "Operations ports of the replicas that the lobby fills, until a controller names others. "
        "A name stands for all its addresses.",
    )

    namespace: str = setting("BERTH_NAMESPACE", _text, "default", "Kubernetes namespace that the controller works in.")
    release: str = setting(
        "BERTH_RELEASE", _text, "berth", "Name of the release, with which the names of its Deployments begin."
    )
    min_replicas: int = setting("BERTH_MIN_REPLICAS", _whole(1, 1_000), "1", "Replicas that run at least.")
    max_replicas: int = setting(
        "BERTH_MAX_REPLICAS", _whole(1, 1_000), "10", "Replicas that run at most, as far as nobody sits in more."
    )
    spare_seats: int = setting(
        "BERTH_SPARE_SEATS", _whole(0, 1_000), "1", "Free seats in all replicas that the controller keeps ready."
    )
    scale_down_delay: float = setting(
        "BERTH_SCALE_DOWN_DELAY", _seconds(), "60", "How long fewer replicas must be needed until some are removed (s)."
    )
    make_secret: str = setting(
        "BERTH_MAKE_SECRET",
        _choice("none", "cookie-secret", "credentials"),
        "none",
        "What the controller puts into the Secret that it makes: `cookie-secret`, or besides it a login "
        "(`credentials`).",
    )
    log_level: str = setting(
        "BERTH_LOG_LEVEL", _choice("debug", "info", "warning", "error"), "info", "Least severity that is logged."
    )

    @property
    def url(self) -> str:
        """The address that visitors use, without a slash at its end."""
        return self.app_url or f"http://localhost:{self.port}"

    @property
    def prefix(self) -> str:
        """Path under which everything lies: empty, or ``/like/this``."""
        return urlsplit(self.url).path

    @property
    def oauth_extra(self) -> dict[str, str]:
        """The extra parameters by name."""
        return dict(self.oauth_extra_params)

    @property
    def oauth_callback(self) -> str:
        """The path to which the provider sends visitors back; empty if nobody logs in so."""
        if self.login != "oauth":
            return ""
        return urlsplit(self.redirect_uri).path or "/"

    @property
    def redirect_uri(self) -> str:
        """The whole address of that."""
        return self.oauth_redirect_uri or f"{self.url}/login"

    @property
    def secure(self) -> bool:
        """Whether visitors come by https, so that cookies may say Secure."""
        return self.url.startswith("https:")

    @property
    def origins(self) -> tuple[str, ...]:
        """Hosts (with port) from which pages may open WebSockets."""
        own = urlsplit(self.url).netloc
        local = () if self.app_url else (f"127.0.0.1:{self.port}",)
        return (own, *local, *(urlsplit(origin).netloc for origin in self.embed_origins))

    @property
    def upload_bytes(self) -> int:
        """The upload limit in bytes."""
        return self.upload_limit * 2**20

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
        """Read the environment, then ``.env`` in the current folder for what is not there.

        ``overrides`` are texts by field name (from the command line) and win
        over both. Raises ConfigurationError with every problem at once.
        """
        given = _environment() if environ is None else environ
        problems = list(_unknown(given))
        values: dict[str, Any] = {}
        for spec in fields(cls):
            text = overrides.get(spec.name)
            text = given.get(spec.metadata["variable"]) if text is None else str(text)
            if text is None or (text == "" and spec.metadata["default"] != ""):
                continue
            try:
                values[spec.name] = spec.metadata["parse"](text.strip())
            except ValueError as error:
                problems.append(_problem(spec, text, error))
        settings = cls(**values)
        if settings.cookie_secret_file and not settings.cookie_secret:
            settings, found = settings._with_secret_from_file()
            problems += found
        if settings.oauth_secret_file and not settings.oauth_secret:
            settings, found = settings._with_client_secret()
            problems += found
        problems += settings._contradictions()
        if problems:
            raise ConfigurationError(*problems)
        return settings

    def _with_secret_from_file(self) -> tuple[Settings, list[str]]:
        name = f"BERTH_COOKIE_SECRET_FILE={self.cookie_secret_file}"
        try:
            secret = _secret(Path(self.cookie_secret_file).read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            return self, [f"{name} cannot be read ({type(error).__name__}): mend the file."]
        except ValueError as error:
            return self, [f"{name}: the secret in it {error}."]
        if not secret:
            return self, [f"{name}: the file is empty; write a secret of at least {SHORTEST_SECRET} characters."]
        return replace(self, cookie_secret=secret), []

    def _with_client_secret(self) -> tuple[Settings, list[str]]:
        name = f"BERTH_OAUTH_SECRET_FILE={self.oauth_secret_file}"
        try:
            secret = Path(self.oauth_secret_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            return self, [f"{name} cannot be read ({type(error).__name__}): mend the file."]
        if not secret:
            return self, [f"{name}: the file is empty; write the client secret that the provider gave."]
        return replace(self, oauth_secret=secret), []

    def _contradictions(self) -> Iterator[str]:
        if self.min_replicas > self.max_replicas:
            yield (
                f"BERTH_MIN_REPLICAS={self.min_replicas} is more than BERTH_MAX_REPLICAS={self.max_replicas}: "
                "lower the first or raise the second."
            )
        if self.spare > self.max_berths:
            yield (
                f"BERTH_SPARE={self.spare} is more than BERTH_MAX_BERTHS={self.max_berths}: "
                "lower the first or raise the second."
            )
        last = self.berth_port + self.max_berths - 1
        if last > 65535:
            yield f"BERTH_BERTH_PORT={self.berth_port} leaves no room for {self.max_berths} berths: choose a lower one."
        for name, port in (("PORT", self.port), ("BERTH_LOBBY_PORT", self.lobby_port)):
            if self.berth_port <= port <= last:
                yield f"{name}={port} is one of the berths' ports ({self.berth_port} to {last}): choose another."
        if self.idle_timeout and self.idle_timeout <= self.idle_warning:
            yield (
                f"BERTH_IDLE_TIMEOUT={self.idle_timeout:g} must be longer than "
                f"BERTH_IDLE_WARNING={self.idle_warning:g}: raise it or lower the warning."
            )


def _environment() -> dict[str, str]:
    stored = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**stored, **os.environ}


def _problem(spec: Field[Any], text: str, error: ValueError) -> str:
    variable = spec.metadata["variable"]
    shown = variable if spec.metadata["secret"] else f"{variable}={text[:80]}"
    return f"{shown} {error}."


def _unknown(given: Mapping[str, str]) -> Iterator[str]:
    known = [spec.metadata["variable"] for spec in fields(Settings)]
    for name in sorted(given):
        if not name.startswith("BERTH_") or name in known or name in RUNTIME_VARIABLES:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else "README.md lists all settings."
        yield f"{name} is no setting of Berth; {hint}"


def documentation() -> Iterator[tuple[str, str, str]]:
    """Yield variable, default and description of every setting, in order."""
    for spec in fields(Settings):
        yield spec.metadata["variable"], spec.metadata["default"], spec.metadata["doc"]
