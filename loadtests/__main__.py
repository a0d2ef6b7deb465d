"""``python -m loadtests SCENARIO [SCRIPT …] [options]``: a scenario against a host, or against two servers.

With scripts (files, or folders with a ``main.py``), they are served by ``panel
serve`` and then by ``berth up`` on this machine, and the report compares both.
All options are Locust's and the scenario's (``python -m loadtests SCENARIO
--help``), beside ``--factor`` and ``--report``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from berth.errors import BerthError, ConfigurationError
from berth.serving import Serving
from loadtests.servers import Berth, Plain, Server

SCENARIOS = Path(__file__).parent / "scenarios"
DURATIONS = (10.0, 50.0)
"""Seconds of the quick and of the heavy task of the app with the lock, which ``--factor`` scales."""

BERTHS = 16
"""Spare berths where no ``--users`` says how many visitors come."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for, and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return run(given)
    except BerthError as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ConfigurationError) else 1


def run(given: Sequence[str]) -> int:
    """Run a scenario. Raises ConfigurationError for one that does not exist, and for what cannot be served."""
    names = sorted(path.stem for path in SCENARIOS.glob("*.py") if path.stem not in ("__init__", "target"))
    if not given or given[0] not in names:
        raise ConfigurationError(f"Which scenario? python -m loadtests SCENARIO, which is one of {', '.join(names)}.")
    name, *rest = given
    scripts = list(takewhile(lambda text: not text.startswith("-"), rest))
    options = rest[len(scripts) :]
    if scripts:
        Serving(tuple(scripts)).check()
    if "--help" in options or not scripts:
        os.execv(sys.executable, _command(name, options))
    signal.signal(signal.SIGTERM, _end)
    return _side_by_side(name, scripts, options)


def _side_by_side(name: str, scripts: Sequence[str], options: list[str]) -> int:
    factor = _number("--factor", _taken(options, "--factor") or "0.1")
    report = Path(_taken(options, "--report") or f"loadtests-report/{name}-{datetime.now():%Y-%m-%d-%H%M%S}")
    os.environ["LOCK_APP_SECONDS"] = ",".join(f"{factor * seconds:g}" for seconds in DURATIONS)
    users = _number("--users", _value(options, "--users") or _value(options, "-u") or str(BERTHS))
    folders, codes = [], []
    servers: list[Server] = [Plain(scripts), Berth(scripts, round(users))]
    for server in servers:
        folder = report / server.name.replace(" ", "-")
        sys.stdout.write(f"{name} against `{server.name}` …\n")
        sys.stdout.flush()
        with server:
            codes.append(_locust(name, [*options, *_about(server, folder)]))
        folders.append(folder)
    from loadtests.report import compare

    return compare(folders, report) or max(codes)


def _about(server: Server, folder: Path) -> list[str]:
    watched = ["--watch", f"http://127.0.0.1:{server.port + 2}"] if isinstance(server, Berth) else []
    described = ["--host", server.url, "--label", server.name, "--watch-pid", str(server.pid)]
    return [*described, "--report", str(folder), *watched]


def _locust(name: str, options: Sequence[str]) -> int:
    """Run Locust in a process of its own, since it changes whatever process it runs in; return its exit code."""
    with subprocess.Popen(_command(name, options)) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            raise


def _command(name: str, options: Sequence[str]) -> list[str]:
    scenario = str(SCENARIOS / f"{name}.py")
    return [sys.executable, "-m", "locust", "-f", scenario, "--headless", "--only-summary", *options]


def _end(number: int, frame: object) -> None:
    """Let everything that was started end in order."""
    raise SystemExit(128 + number)


def _number(option: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ConfigurationError(f"{option} {text!r}: give a number above 0.")
    return number


def _taken(options: list[str], name: str) -> str:
    """Return an option's value, and take both out of the list."""
    value = _value(options, name)
    if value:
        place = options.index(name)
        del options[place : place + 2]
    return value


def _value(options: Sequence[str], name: str) -> str:
    return options[options.index(name) + 1] if name in options and options.index(name) + 1 < len(options) else ""


if __name__ == "__main__":
    sys.exit(main())
