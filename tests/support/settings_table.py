"""The table of all settings in README.md, made from their declarations. ``make docs`` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from berth.settings import documentation

README = Path(__file__).parents[2] / "README.md"

BEGIN = "<!-- settings: written by `make docs` -->"
END = "<!-- end of settings -->"


def table() -> str:
    """Return the table as Markdown."""
    return "\n".join(["| variable | default | what it is |", "| --- | --- | --- |", *_rows()])


def renewed(text: str) -> str:
    """Return a README's text with a new table between its markers. Raises ValueError where one is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md lacks the marker {END if begin else BEGIN}")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _rows() -> Iterator[str]:
    for variable, default, text in documentation():
        cells = (f"`{variable}`", f"`{default}`" if default else "", text)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
