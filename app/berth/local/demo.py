"""What a run gets that nobody configured: a login and a cookie secret. Neither outlives the run."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from berth.auth import hash_password
from berth.settings import Settings

CONSONANTS = "bdfgklmnprstvz"
VOWELS = "aeiou"


@dataclass(frozen=True)
class Login:
    """A user and password made for this run."""

    user: str
    password: str = field(repr=False)

    @classmethod
    def for_run(cls, settings: Settings) -> Login | None:
        """Make one if visitors must log in and nobody could."""
        if settings.login != "password" or settings.credentials.strip() or settings.credentials_file:
            return None
        return cls("demo", readable_password())


def readable_password() -> str:
    """Return a random password of some 42 bits that can be read aloud, such as ``dova-mitu-sale-47``."""
    syllables = ["".join(secrets.choice(letters) for letters in (CONSONANTS, VOWELS) * 2) for _ in range(3)]
    return "-".join([*syllables, str(secrets.randbelow(90) + 10)])


def complete(
    environ: Mapping[str, str], settings: Settings, options: Mapping[str, str], login: Login | None
) -> dict[str, str]:
    """Return the environment of all roles: what is given, the options, and what this run lacks.

    The demo password is in it as a hash only.
    """
    variables = {spec.name: spec.metadata["variable"] for spec in fields(Settings)}
    environment = dict(environ) | {variables[name]: text for name, text in options.items()}
    environment["COOKIE_SECRET"] = settings.cookie_secret or secrets.token_hex(32)
    environment["BERTH_REPLICAS"] = f"{settings.address}:{settings.operations_port}"
    if login:
        environment["CREDENTIALS"] = f"{login.user}:{hash_password(login.password)}"
    return environment
