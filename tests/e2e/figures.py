"""What the tests measured, said at the end: times depend on the machine, so that a test only fails far beyond them."""

from __future__ import annotations

_lines: list[str] = []


def measured(what: str, value: float, unit: str, wanted: float) -> None:
    """Note a figure and what it should be at most."""
    _lines.append(f"{what}: {value:.3g} {unit} (at most {wanted:g} {unit}: {'kept' if value <= wanted else 'MISSED'})")


def lines() -> list[str]:
    """Return all that was noted, as sentences."""
    return _lines
