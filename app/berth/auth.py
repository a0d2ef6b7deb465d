"""Users and passwords: where they are written down, and whether a pair is right.

An account is ``user:password`` or ``user:hash``. ``CREDENTIALS`` holds several
with commas between them, a credentials file one a line. An argon2 hash has
commas of its own, so a value that begins with ``$argon2`` is read by the
format of a hash and not up to the next comma.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from berth.errors import ConfigurationError
from berth.settings import Settings

logger = logging.getLogger(__name__)

LONGEST = 1024
"""Bytes of the longest user name and the longest password."""

HASH_MARK = "$argon2"

_HASH = re.compile(r"\$argon2(?:id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+={0,2}\$[A-Za-z0-9+/]+={0,2}")
_NEXT_ACCOUNT = re.compile(r",(?=[^,:$=]+:)")

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's recommendation for argon2id: 19 MiB and some 25 ms for each login."""


@dataclass(frozen=True)
class Account:
    """Who may log in; ``secret`` is a password or an argon2 hash."""

    user: str
    secret: str = field(repr=False)

    @property
    def hashed(self) -> bool:
        """Whether the secret is a hash."""
        return self.secret.startswith(HASH_MARK)


@dataclass
class Reading:
    """Accounts found so far, and a sentence for every entry that is none."""

    accounts: list[Account] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take(self, where: str, entry: str) -> None:
        """Read one ``user:secret`` that stands at ``where``."""
        user, colon, secret = entry.partition(":")
        problem = _problem(user.strip(), colon, secret)
        if problem:
            self.problems.append(f"{where} {problem}")
        else:
            self.accounts.append(Account(user.strip(), secret))


class Passwords:
    """All accounts. ``verify`` costs the same for a user that is not among them."""

    def __init__(self, accounts: list[Account]) -> None:
        self._secrets = {account.user: account for account in accounts}
        self._dummy = _costliest([account.secret for account in accounts if account.hashed]).hash("nobody")

    @classmethod
    def load(cls, settings: Settings) -> Passwords:
        """Read ``CREDENTIALS`` and the credentials file.

        Raises ConfigurationError with every problem at once; no secret is in
        its text. Plain passwords are mentioned once in the log.
        """
        accounts = read_accounts(settings)
        plain = sum(not account.hashed for account in accounts)
        if plain:
            logger.warning(
                "%s of %s passwords are plain text: `berth hash-password` makes hashes", plain, len(accounts)
            )
        return cls(accounts)

    def __len__(self) -> int:
        return len(self._secrets)

    def __contains__(self, user: object) -> bool:
        return user in self._secrets

    def verify(self, user: str, password: str) -> bool:
        """Whether this is the user's password. Blocks for some 25 ms without the GIL: call it in a thread."""
        account = self._secrets.get(user)
        if _too_long(user) or _too_long(password) or account is None:
            _matches(self._dummy, password[:LONGEST])
            return False
        if account.hashed:
            return _matches(account.secret, password)
        _matches(self._dummy, password)
        return hmac.compare_digest(_digest(account.secret), _digest(password))


def hash_password(password: str) -> str:
    """Return an argon2id hash that may stand in place of the password."""
    return _hasher.hash(password)


def read_accounts(settings: Settings) -> list[Account]:
    """Return all accounts. Raises ConfigurationError with every problem at once."""
    reading = Reading()
    for number, entry in enumerate(split_credentials(settings.credentials), 1):
        reading.take(f"CREDENTIALS: entry {number}", entry)
    if settings.credentials_file:
        _read_file(Path(settings.credentials_file), reading)
    reading.problems += _doubles(reading.accounts)
    if reading.problems:
        raise ConfigurationError(*reading.problems)
    return reading.accounts


def split_credentials(text: str) -> Iterator[str]:
    """Yield the entries of ``user:secret,user2:secret2``."""
    while text.strip():
        end = _entry_end(text)
        yield text[:end]
        if end == len(text) - 1:
            yield ""
        text = text[end + 1 :]


def _entry_end(text: str) -> int:
    start = text.find(":") + 1
    comma = text.find(",")
    if not start or not text.startswith(HASH_MARK, start) or 0 <= comma < start:
        return comma if comma >= 0 else len(text)
    complete = _HASH.match(text, start)
    if complete and text[complete.end() : complete.end() + 1] in ("", ","):
        return complete.end()
    following = _NEXT_ACCOUNT.search(text, start)
    return following.start() if following else len(text)


def _read_file(path: Path, reading: Reading) -> None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reading.problems.append(
            f"BERTH_CREDENTIALS_FILE={path} cannot be read ({type(error).__name__}): mend the file."
        )
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            reading.take(f"{path}, line {number}:", line)


def _problem(user: str, colon: str, secret: str) -> str:
    if not colon:
        return "has no colon: write user:password. (A password with a comma must be hashed or stand in a file.)"
    if not user:
        return "has no user name before the colon."
    if not user.isprintable() or _too_long(user):
        return f"has a user name with control characters or of more than {LONGEST} bytes: choose another."
    if not secret:
        return f"has no password for {user}: write one after the colon."
    if _too_long(secret):
        return f"has a password of more than {LONGEST} bytes for {user}: choose a shorter one."
    if secret.startswith(HASH_MARK) and not _is_hash(secret):
        return f"has a broken hash for {user}: make one with `berth hash-password`, and copy all of it."
    return ""


def _doubles(accounts: list[Account]) -> Iterator[str]:
    users = [account.user for account in accounts]
    for user in dict.fromkeys(user for user in users if users.count(user) > 1):
        yield f"{user} stands {users.count(user)} times in CREDENTIALS and the credentials file: leave one."


def _is_hash(text: str) -> bool:
    if not _HASH.fullmatch(text):
        return False
    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True


def _costliest(hashes: list[str]) -> PasswordHasher:
    # A user with a hash of another cost than the dummy's would be told from an unknown one by the time.
    if not hashes:
        return _hasher
    return PasswordHasher.from_parameters(
        max((extract_parameters(text) for text in hashes), key=lambda cost: cost.memory_cost * cost.time_cost)
    )


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _too_long(text: str) -> bool:
    return len(text.encode("utf-8", "surrogatepass")) > LONGEST
