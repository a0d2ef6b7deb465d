"""Thresholds: what a run's figures may be at most, or must be at least, in a TOML file.

The path of a threshold is the path of the figure in summary.json, and its value
is the most that is allowed, or a table with ``most`` or ``least``::

    [isolation]
    median = 1.2
    beside = { least = 20 }

    [steps."click Quick"]
    p95 = 1.5
    errors = 0
"""

from __future__ import annotations

import difflib
import json
import math
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

from berth.errors import ConfigurationError
from loadtests.report.figures import Summary

Keys = tuple[str, ...]
"""The path of a figure."""

LIMITS = ("most", "least")


@dataclass(frozen=True)
class Threshold:
    """One bound. ``limit`` is ``most`` or ``least``."""

    keys: Keys
    limit: str
    value: float

    @property
    def path(self) -> str:
        """The figure's path as it stands in a TOML file."""
        return path(self.keys)

    def check(self, summary: Summary) -> Outcome:
        """Compare with a run. A figure that the run does not have is a miss."""
        figure, missing = _figure(summary, self.keys)
        if figure is None:
            return Outcome(self, None, False, missing)
        kept = figure <= self.value if self.limit == "most" else figure >= self.value
        return Outcome(self, figure, kept, "")


@dataclass(frozen=True)
class Outcome:
    """What came of a threshold. ``missing`` says why there is no figure."""

    threshold: Threshold
    figure: float | None
    kept: bool
    missing: str


def read(file: Path) -> tuple[Threshold, ...]:
    """Read a file. Raises ConfigurationError with a sentence for everything that is wrong in it."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"The thresholds {file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise ConfigurationError(f"The thresholds {file} are no TOML: {error}.") from None
    if not content:
        raise ConfigurationError(f"The thresholds {file} bound nothing. Write for example [isolation], median = 1.2.")
    problems: list[str] = []
    thresholds = tuple(_thresholds(content, Summary, (), problems))
    if problems:
        raise ConfigurationError(*(f"The thresholds {file}: {problem}" for problem in problems))
    return thresholds


def path(keys: Keys) -> str:
    """Return a path as TOML writes it: ``steps."click Quick".p95``."""
    return ".".join(
        key if re.fullmatch(r"[\w-]+", key, re.ASCII) else json.dumps(key, ensure_ascii=False) for key in keys
    )


def _thresholds(value: Any, kind: Any, keys: Keys, problems: list[str]) -> Iterator[Threshold]:
    """Walk through the file and the summary's types side by side."""
    inner = _inner(kind)
    if not inner:
        yield from _bounds(value, keys, problems)
    elif not isinstance(value, dict) or not value:
        problems.append(f"{path(keys)} is no figure, but has some: {', '.join(inner).replace('*', 'by name')}.")
    else:
        for key, one in value.items():
            if key in inner or "*" in inner:
                yield from _thresholds(one, inner.get(key, inner.get("*")), (*keys, key), problems)
            else:
                problems.append(_unknown((*keys, key), inner))


def _inner(kind: Any) -> dict[str, Any] | None:
    """Return what a type holds by name, ``*`` for any; nothing for a number, and None for what cannot be bounded."""
    kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    first = next((one for one in kinds if one is not types.NoneType), None)
    if typing.get_origin(first) is Mapping:
        inner = typing.get_args(first)[1]
        return None if _inner(inner) is None else {"*": inner}
    if isinstance(first, type) and is_dataclass(first):
        hints = typing.get_type_hints(first)
        return {name: hint for name, hint in hints.items() if _inner(hint) is not None} or None
    return {} if first in (int, float) else None


def _bounds(value: Any, keys: Keys, problems: list[str]) -> Iterator[Threshold]:
    limits = value if isinstance(value, dict) else {"most": value}
    if limits and all(limit in LIMITS and _finite(number) for limit, number in limits.items()):
        yield from (Threshold(keys, limit, float(number)) for limit, number in limits.items())
        return
    problems.append(f"{path(keys)} must be a number, or {{ most = NUMBER }} or {{ least = NUMBER }}, not {value}.")


def _finite(number: Any) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)


def _unknown(keys: Keys, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(keys[-1], known, 1, 0)[0]
    return f"{path(keys)} is no figure of the summary. The nearest is {path((*keys[:-1], near))}."


def _figure(summary: Summary, keys: Keys) -> tuple[float | None, str]:
    """Return a figure, or why there is none."""
    value: Any = summary
    for depth, key in enumerate(keys, 1):
        if isinstance(value, Mapping) and key not in value:
            near = difflib.get_close_matches(key, value, 1)
            return None, f"this run has no {path(keys[:depth])}" + (f"; the nearest is {near[0]!r}" if near else "")
        value = value[key] if isinstance(value, Mapping) else getattr(value, key)
        if value is None:
            return None, f"this run has no {path(keys[:depth])}"
    return float(value), ""
