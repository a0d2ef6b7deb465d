"""Finds, in what ``faulthandler`` prints, the line of a dashboard that holds a berth up."""

from __future__ import annotations

import re
import site
import sysconfig
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in (?P<function>.+)$')

DASHBOARDS = str(Path(__file__).parent.parent / "dashboards")
"""The dashboards that ship with Berth are dashboards, though they are installed."""


@dataclass(frozen=True)
class Frame:
    """One line of a stack."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


def blocking_line(dump: str, sources: Collection[str]) -> Frame | None:
    """Return the innermost frame in ``sources`` (file names), the threads taken in turn, main thread first.

    Where no thread is in one of them, the innermost frame that is neither
    Python's nor an installed package's, else the main thread's innermost one.
    """
    threads = _threads(dump)
    frames = [frame for thread in threads for frame in thread]
    for wanted in (lambda frame: frame.file in sources, _of_a_dashboard):
        found = next(filter(wanted, frames), None)
        if found:
            return found
    return frames[0] if frames else None


def _threads(dump: str) -> list[list[Frame]]:
    current: list[list[Frame]] = []
    others: list[list[Frame]] = []
    for line in dump.splitlines():
        if line.startswith("Current thread"):
            current.append([])
            target = current
        elif line.startswith("Thread"):
            others.append([])
            target = others
        elif match := FRAME.match(line):
            target[-1].append(Frame(match["file"], int(match["line"]), match["function"]))
    return current + others


def _of_a_dashboard(frame: Frame) -> bool:
    if frame.file.startswith(DASHBOARDS):
        return True
    return not frame.file.startswith(("<", *_installed()))


def _installed() -> tuple[str, ...]:
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(sorted({*folders, *site.getsitepackages(), str(Path(__file__).parent.parent)}))
