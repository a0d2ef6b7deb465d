"""Options of every run, beside Locust's own."""

from __future__ import annotations

import logging
import os
from argparse import ArgumentTypeError
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from berth.auth import read_accounts
from berth.errors import ConfigurationError
from berth.settings import Settings

if TYPE_CHECKING:
    from locust.argument_parser import LocustArgumentParser
    from locust.env import Environment

logger = logging.getLogger(__name__)

SECRETS = ("credentials", "web_login", "tls_key", "opentelemetry")
"""Options whose values are nobody's business."""


def add(parser: LocustArgumentParser) -> None:
    """Declare them. Raises nothing; values are checked by ``Options.of``."""
    add = parser.add_argument
    add("--page", default="/", help="path of the dashboard (default /)")
    add(
        "--credentials",
        default=os.environ.get("CREDENTIALS", ""),
        include_in_web_ui=False,
        env_var="CREDENTIALS",
        help="who logs in: user:password, more of them separated by commas, each taken in turn (default: nobody)",
    )
    add(
        "--credentials-file",
        default=os.environ.get("BERTH_CREDENTIALS_FILE", ""),
        include_in_web_ui=False,
        env_var="BERTH_CREDENTIALS_FILE",
        help="file with one user:password a line, besides --credentials",
    )
    add("--step-limit", type=above_zero, default=60.0, help="seconds after which a step is given up (default 60)")
    add("--waiting-limit", type=above_zero, default=600.0, help="seconds after which waiting for a seat is given up")
    add("--report", default=os.environ.get("BERTH_REPORT", ""), include_in_web_ui=False, help="folder of the report")
    add("--thresholds", default="", include_in_web_ui=False, help="TOML file of what the run must keep")
    add("--watch", default="", help="operations ports that are asked for seats: URLs separated by commas")
    add("--watch-pid", type=whole, default=0, help="process whose family's memory is noted (same machine)")
    add("--label", default="", help="what serves, for the report: berth up")


@dataclass(frozen=True)
class Options:
    """The same, checked. ``credentials`` are never shown; ``given`` are all options that may be."""

    scenario: str
    page: str
    credentials: tuple[str, ...]
    step_limit: float
    waiting_limit: float
    report: Path
    thresholds: Path | None
    watch: tuple[str, ...]
    watch_pid: int
    label: str
    given: dict[str, str]

    @classmethod
    def of(cls, environment: Environment) -> Options:
        """Read and check what was given. Raises ConfigurationError."""
        given: Any = environment.parsed_options
        scenario = Path(str(environment.locustfile or "scenario")).stem
        now = f"{datetime.now():%Y-%m-%d-%H%M%S}"
        options = cls(
            scenario=scenario,
            page=given.page,
            credentials=_known_passwords(given.credentials, given.credentials_file),
            step_limit=given.step_limit,
            waiting_limit=given.waiting_limit,
            report=Path(given.report or f"loadtests-report/{scenario}-{now}"),
            thresholds=Path(given.thresholds) if given.thresholds else None,
            watch=_split(given.watch),
            watch_pid=given.watch_pid,
            label=given.label,
            given={name: str(value) for name, value in sorted(vars(given).items()) if _shown(name, value)},
        )
        options.check()
        if given.headless and not given.worker:
            _check_host(environment.host or "")
        return options

    def check(self) -> None:
        """Raise ConfigurationError for what cannot be meant."""
        if not self.page.startswith("/"):
            raise ConfigurationError(f"--page {self.page!r} is no path: it begins with a slash, as in /explorer.")
        if self.watch_pid and not psutil.pid_exists(self.watch_pid):
            raise ConfigurationError(f"--watch-pid {self.watch_pid}: there is no such process on this machine.")
        for url in self.watch:
            if not url.startswith(("http://", "https://")):
                raise ConfigurationError(f"--watch {url!r} is no URL, as http://127.0.0.1:9090 is.")
        if self.thresholds and not self.thresholds.is_file():
            raise ConfigurationError(f"--thresholds {self.thresholds}: there is no such file.")


def _known_passwords(credentials: str, file: str) -> tuple[str, ...]:
    """Return ``user:password`` of all who can log in here. Raises ConfigurationError, without any secret."""
    accounts = read_accounts(Settings(credentials=credentials.strip().removesuffix(","), credentials_file=file))
    known = tuple(f"{account.user}:{account.secret}" for account in accounts if not account.hashed)
    if accounts and not known:
        raise ConfigurationError(
            "--credentials: all passwords are hashes. A visitor types the password itself: give user:password."
        )
    if len(known) < len(accounts):
        logger.warning(
            "%s of %s users are left out: their passwords are hashes", len(accounts) - len(known), len(accounts)
        )
    return known


def _check_host(host: str) -> None:
    if not host:
        raise ConfigurationError("--host is missing: where do the visitors go? Give --host http://127.0.0.1:8080.")
    if not host.startswith(("http://", "https://")):
        raise ConfigurationError(f"--host {host!r} is no URL, as http://127.0.0.1:8080 is.")


def above_zero(text: str) -> float:
    """Read an option's number; an argument parser names the option with what this raises."""
    number = _number(text)
    if number <= 0:
        raise ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def whole(text: str) -> int:
    """Read how many, 0 or more."""
    number = _number(text)
    if number < 0 or number != int(number):
        raise ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(number)


def at_least_one(text: str) -> int:
    """Read how many, 1 or more."""
    number = whole(text)
    if not number:
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return number


def share(text: str) -> float:
    """Read a part of all."""
    number = _number(text)
    if not 0 <= number <= 1:
        raise ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return number


def _number(text: str) -> float:
    """Return -1 for what is no number, or has no end."""
    try:
        number = float(text)
    except ValueError:
        return -1.0
    return number if isfinite(number) else -1.0


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _shown(name: str, value: Any) -> bool:
    return not any(secret in name for secret in SECRETS) and value not in (None, "", False, [], ())
