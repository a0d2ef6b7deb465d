"""Reads the columns from the files' rows. Every function raises ConfigurationError naming the line that is wrong."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from loadtests.report.about import LARGEST, plain
from loadtests.report.columns import WORKS, Client, Floats, Numbers, Series, Steps
from loadtests.report.lines import Rows

MOST_STEPS, MOST_ERRORS = 1_000, 5_000
"""Names of steps, and kinds of errors, that are told apart."""

STEPS = ("at", "seconds", "visitor", "persona", "step", "work", "bytes", "error")
FLEET = ("at", "source", "what", "value")
CLIENT = ("at", "worker", "cpu", "delay", "sessions")


class Coded:
    """Texts as numbers, each text kept once; beyond ``most`` they are all ``other``."""

    def __init__(self, most: int, other: str, kind: Callable[[str], str] = str) -> None:
        self.numbers = array("q")
        self.texts: list[str] = []
        self._known: dict[str, int] = {}
        self._most = most
        self._other = other
        self._kind = kind

    def add(self, text: str) -> None:
        """Append a text."""
        number = self._known.get(kind := self._kind(text))
        self.numbers.append(self._new(kind, text) if number is None else number)

    def column(self) -> Numbers:
        """Return the numbers of all."""
        return np.frombuffer(self.numbers, np.int64) if self.numbers else np.empty(0, np.int64)

    def _new(self, kind: str, text: str) -> int:
        if len(self.texts) > self._most:
            return self._most
        self._known[kind] = len(self.texts)
        self.texts.append(plain(text) if len(self.texts) < self._most else self._other)
        return self._known[kind]


VARYING = re.compile(r"\b[0-9a-f]{8,}\b|\d+")
"""What differs between errors of one kind."""


def _kind(error: str) -> str:
    return VARYING.sub("#", error) if error else ""


def steps(rows: Rows) -> Steps:
    visitors, names = Coded(2**31, ""), Coded(MOST_STEPS, "other steps")
    errors = Coded(MOST_ERRORS, "other errors", _kind)
    errors.add("")
    at, seconds, size, work = array("d"), array("d"), array("q"), array("q")
    for begin, length, visitor, _, name, kind, received, error in rows:
        at.append(_number(rows, "at", begin))
        seconds.append(_amount(rows, "seconds", length))
        size.append(int(_amount(rows, "bytes", received)))
        work.append(_work(rows, kind))
        visitors.add(visitor)
        names.add(name)
        errors.add(error)
    return Steps(
        _floats(at), _floats(seconds), visitors.column(), names.column(), _floats(work).astype(np.int64),
        _floats(size).astype(np.int64), errors.column()[1:], tuple(visitors.texts), tuple(names.texts),
        tuple(errors.texts),
    )  # fmt: skip


def fleet(rows: Rows) -> dict[tuple[str, str], Series]:
    found: dict[tuple[str, str], tuple[array[float], array[float]]] = {}
    for at, source, what, value in rows:
        times, values = found.setdefault((plain(source), plain(what)), (array("d"), array("d")))
        times.append(_number(rows, "at", at))
        values.append(_number(rows, "value", value))
    return {key: _series(*columns) for key, columns in found.items()}


def _series(times: array[float], values: array[float]) -> Series:
    order = np.argsort(_floats(times), kind="stable")
    return Series(_floats(times)[order], _floats(values)[order])


def client(rows: Rows) -> Client:
    workers = Coded(2**31, "")
    at, cpu, delay, sessions = (array("d") for _ in range(4))
    for moment, worker, share, lag, pages in rows:
        at.append(_number(rows, "at", moment))
        cpu.append(_amount(rows, "cpu", share))
        delay.append(_amount(rows, "delay", lag))
        sessions.append(_amount(rows, "sessions", pages))
        workers.add(worker)
    columns = [_floats(one) for one in (at, cpu, delay, sessions)]
    return Client(columns[0], columns[1], columns[2], columns[3], workers.column(), tuple(workers.texts))


def _floats(values: array[Any]) -> Floats:
    return np.array(values, np.float64)


def _number(rows: Rows, column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not abs(number) < LARGEST:
        raise rows.problem(f"{column} must be a number, and is {text[:80]!r}")
    return number


def _amount(rows: Rows, column: str, text: str) -> float:
    number = _number(rows, column, text)
    if number < 0:
        raise rows.problem(f"{column} must not be below 0, and is {text}")
    return number


def _work(rows: Rows, text: str) -> int:
    if text not in WORKS:
        raise rows.problem(f"work must be quick, heavy or empty, and is {text[:80]!r}")
    return WORKS.index(text)
