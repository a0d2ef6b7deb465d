"""Options of every run, beside Locust's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from berth.errors import ConfigurationError

if TYPE_CHECKING:
    from locust.argument_parser import LocustArgumentParser
    from locust.env import Environment

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
    add("--step-limit", type=float, default=60.0, help="seconds after which a step is given up (default 60)")
    add("--waiting-limit", type=float, default=600.0, help="seconds after which a visitor stops waiting for a seat")
    add("--report", default=os.environ.get("BERTH_REPORT", ""), include_in_web_ui=False, help="folder of the report")
    add("--thresholds", default="", include_in_web_ui=False, help="TOML file of what the run must keep")
    add("--watch", default="", help="operations ports that are asked for seats: URLs separated by commas")
    add("--watch-pid", type=int, default=0, help="process whose family's memory is noted (same machine)")
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
            credentials=_split(given.credentials),
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
        if given.headless and not given.worker and not environment.host:
            raise ConfigurationError("--host is missing: where do the visitors go? Give --host http://127.0.0.1:8080.")
        return options

    def check(self) -> None:
        """Raise ConfigurationError for what cannot be meant."""
        if not self.page.startswith("/"):
            raise ConfigurationError(f"--page {self.page!r} is no path: it begins with a slash, as in /explorer.")
        if any(":" not in one or not one.split(":", 1)[1] for one in self.credentials):
            raise ConfigurationError("--credentials: each must be user:password, separated by commas.")
        for name, value in (("--step-limit", self.step_limit), ("--waiting-limit", self.waiting_limit)):
            if not 0 < value < 1e6:
                raise ConfigurationError(f"{name} {value:g}: give seconds above 0.")
        for url in self.watch:
            if not url.startswith(("http://", "https://")):
                raise ConfigurationError(f"--watch {url!r} is no URL, as http://127.0.0.1:9090 is.")
        if self.thresholds and not self.thresholds.is_file():
            raise ConfigurationError(f"--thresholds {self.thresholds}: there is no such file.")


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _shown(name: str, value: Any) -> bool:
    return not any(secret in name for secret in SECRETS) and value not in (None, "", False, [], ())
