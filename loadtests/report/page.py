"""A report before it is written as HTML or Markdown: sections of sentences, tables and plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "bad", "plain"]
"""What a sentence says about the run."""


@dataclass(frozen=True)
class Table:
    """A table. The first cell of each row is the row's head; ``texts`` are the numbers of columns that hold words."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plot:
    """A drawing. ``svg`` is an element that may stand in HTML; ``alternative`` says the same in words."""

    name: str
    title: str
    svg: str
    alternative: str


@dataclass(frozen=True)
class Section:
    """A part of a report: sentences, then plots, then tables."""

    name: str
    title: str
    sentences: tuple[str, ...] = ()
    plots: tuple[Plot, ...] = ()
    tables: tuple[Table, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything in it."""
        return bool(self.sentences or self.plots or self.tables)


@dataclass(frozen=True)
class Remark:
    """A sentence that must be read before any figure."""

    tone: Tone
    text: str


@dataclass(frozen=True)
class Page:
    """A report: ``title`` names the run, ``verdict`` answers whether anybody waited, in a line or more."""

    title: str
    verdict: str
    tone: Tone
    sentences: tuple[str, ...]
    remarks: tuple[Remark, ...]
    sections: tuple[Section, ...]
