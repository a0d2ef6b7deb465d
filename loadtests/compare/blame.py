"""Which lines of an app kept others waiting, from what Berth's supervisor logged about its berths."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

BLOCKED = re.compile(
    r"berth\.replica (?P<berth>\S+): .* blocked for (?P<seconds>[\d.]+) s so far by "
    r"(?P<file>.+):(?P<line>\d+) in (?P<function>.+)$"
)
AGAIN = re.compile(r"berth\.replica (?P<berth>\S+): .* reacts again after (?P<seconds>[\d.]+) s$")


TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\b")

Place = tuple[str, int, str]
"""File, line and function."""


@dataclass
class _Blocked:
    """A time in which a berth did not react; ``at`` is when that was logged first."""

    at: datetime
    seconds: float


@dataclass(frozen=True)
class Culprit:
    """A line of source that blocked a server's process: how often, and for how long at most (s)."""

    file: str
    line: int
    function: str
    source: str
    times: int
    longest: float

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"


def culprits(log: Iterable[str]) -> list[Culprit]:
    """Return the lines that the log names, the one that blocked longest first.

    What still blocks when the log ends has done so until its last line.
    """
    now = datetime.min
    open_ones: dict[str, _Blocked] = {}
    found: dict[Place, list[_Blocked]] = {}
    for text in log:
        now = _time(text) or now
        if begins := BLOCKED.search(text):
            one = open_ones[begins["berth"]] = _Blocked(now, float(begins["seconds"]))
            found.setdefault(_place(begins), []).append(one)
        elif (again := AGAIN.search(text)) and again["berth"] in open_ones:
            open_ones.pop(again["berth"]).seconds = float(again["seconds"])
    for one in open_ones.values():
        one.seconds += (now - one.at).total_seconds()
    listed = [_culprit(place, ones) for place, ones in found.items()]
    return sorted(listed, key=lambda one: -one.longest)


def _culprit(place: Place, found: Sequence[_Blocked]) -> Culprit:
    longest = max(one.seconds for one in found)
    return Culprit(*place, source=_source(*place[:2]), times=len(found), longest=longest)


def _source(file: str, line: int) -> str:
    """Return what stands in a line; of a notebook, of the Python that Panel makes of it. Empty where nobody knows."""
    if not file.endswith(".ipynb"):
        return linecache.getline(file, line).strip()
    lines = _notebook(file)
    return lines[line - 1].strip() if line <= len(lines) else ""


@cache
def _notebook(file: str) -> list[str]:
    # Panel is slow to import, and is needed for notebooks alone.
    from panel.io.handlers import NotebookHandler, parse_notebook

    try:
        _, code, _ = parse_notebook(file, preamble=NotebookHandler._imports)
    except (ImportError, OSError, ValueError):
        return []
    found: list[str] = code.splitlines()
    return found


def _place(found: re.Match[str]) -> Place:
    return found["file"], int(found["line"]), found["function"]


def _time(text: str) -> datetime | None:
    found = TIME.search(text)
    return datetime.fromisoformat(found[0]) if found else None
