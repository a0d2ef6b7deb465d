"""Figures as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

NONE = "–"
"""Where there is no figure."""


def duration(seconds: float | None) -> str:
    """Return a time in the unit that suits it: ``43.8 ms``, ``1.52 s``, ``12.5 min``, ``3.20 h``."""
    if seconds is None:
        return NONE
    for unit, length in (("h", 3600.0), ("min", 60.0), ("s", 1.0)):
        if abs(seconds) >= length * (2 if length > 1 else 0.9995):
            return f"{number(seconds / length)} {unit}"
    return f"{number(1000 * seconds)} ms"


def number(value: float | None) -> str:
    """Return a number in three digits, or as many as stand before the point."""
    if value is None:
        return NONE
    whole = abs(value) >= 99.95 or (abs(value) >= 10 and value == int(value))
    digits = 0 if whole else 1 if abs(value) >= 9.995 else 2
    return f"{value:,.{digits}f}"


def count(value: float | None) -> str:
    """Return how many; means of counts have a digit behind the point."""
    if value is None:
        return NONE
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def counted(value: int, noun: str, plural: str = "") -> str:
    """Return ``1 task``, ``2 tasks``."""
    return f"{value:,} {noun if value == 1 else plural or f'{noun}s'}"


def memory(mebibytes: float | None) -> str:
    """Return an amount of memory."""
    return NONE if mebibytes is None else f"{number(mebibytes)} MiB"


def size(amount: int) -> str:
    """Return an amount of data, nothing for 0 (unknown)."""
    return f"{number(amount / 1000)} kB" if amount < 1_000_000 else f"{number(amount / 1_000_000)} MB"


def percent(share: float | None) -> str:
    """Return a part of one as a percentage."""
    return NONE if share is None else f"{100 * share:.{0 if share >= 0.0995 or share == 0 else 1}f} %"


def moment(at: float) -> str:
    """Return a time of day and its date, in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
