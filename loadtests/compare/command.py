"""``berth compare``: what was asked for, how far it is, and the verdict."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from berth.errors import BerthError, ConfigurationError
from berth.serving import Serving, slug
from loadtests.compare.comparison import Comparison, compare
from loadtests.compare.report import write
from loadtests.compare.wish import ROUNDS, Wish

MOST_VISITORS = 20
"""More light visitors would measure this machine's client."""

INTERRUPTED, TERMINATED = 130, 143
"""Exit codes, as shells have them."""


def run(arguments: argparse.Namespace) -> None:
    """Compare, report and print the verdict. Raises ConfigurationError and other errors of Berth's."""
    wish = _wish(arguments)
    with _folder(arguments.to, wish) as folder:
        _report(wish, folder)


def _report(wish: Wish, folder: Path) -> None:
    with _ending():
        found = compare(wish, _progress())
    try:
        files = write(found, folder)
    except OSError as error:
        raise BerthError(f"--to {folder}: the report cannot be written ({error.strerror}).") from error
    sys.stdout.write(_said(found, files))


def _wish(arguments: argparse.Namespace) -> Wish:
    scripts = tuple(arguments.scripts)
    problems = [*Serving(scripts).problems()]
    if not 1 <= arguments.visitors <= MOST_VISITORS:
        problems.append(f"--visitors {arguments.visitors}: must lie between 1 and {MOST_VISITORS}.")
    if not 1 <= arguments.rounds <= ROUNDS:
        problems.append(f"--rounds {arguments.rounds}: must lie between 1 and {ROUNDS}, since more tell nothing new.")
    path = arguments.path or (f"/{slug(scripts[0])}" if scripts else "/")
    if not path.startswith("/"):
        problems.append(f"--path {path}: must begin with a slash, such as /{path}.")
    if problems:
        raise ConfigurationError(*problems)
    return Wish(scripts, path, arguments.visitors, arguments.quick, arguments.heavy, arguments.rounds)


@contextmanager
def _folder(given: str, wish: Wish) -> Iterator[Path]:
    """Yield where the report goes; what was made for none is removed. Raises ConfigurationError where it cannot."""
    name = f"compare-{Path(wish.name).stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder = Path(given) if given else Path("loadtests-report") / name
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"--to {folder}: no folder can be made there ({error.strerror}); name another."
        ) from None
    try:
        yield folder
    finally:
        for one in made:
            # One that holds something stays.
            with suppress(OSError):
                one.rmdir()


def _progress() -> Callable[[str], None]:
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stderr.write(f"{time.monotonic() - began:5.0f} s  {text}\n")
        sys.stderr.flush()

    return say


@contextmanager
def _ending() -> Iterator[None]:
    """End in order, servers included, when told to."""

    def end(*_: Any) -> None:
        sys.exit(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write("berth: stopped; both servers have ended.\n")
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, interrupt)


def _said(found: Comparison, files: list[Path]) -> str:
    lines = ["", found.verdict.sentence, *found.verdict.reasons]
    if found.culprits and found.verdict.answer in ("needed", "hardly needed"):
        first = found.culprits[0]
        # What stands there is not known where the file has changed or gone.
        place = f"{first.place}: {first.source}" if first.source else first.place
        lines.append(f"The line that blocked longest ({first.longest:.1f} s): {place}")
    lines += ["", f"Report: {files[0]}", f"It took {found.seconds:.0f} s.", ""]
    return "\n".join(lines)
