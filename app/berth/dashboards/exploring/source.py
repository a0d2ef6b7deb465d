"""A table, and what can be asked of it. A source never changes, so that all visitors of a process may share it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

STATISTICS = {"mean": "Mean", "median": "Median", "max": "Maximum", "count": "Count"}

FILTER = "is."
"""How the keys of filters of an uploaded table begin, whose columns may be called anything."""


@dataclass(frozen=True)
class Choice:
    """Something to choose: one of the options, or with `many` any number of them, where none means all."""

    title: str
    options: Mapping[Any, str]
    """Value → what a person reads."""
    default: Any
    many: bool = False
    narrow: bool = False
    """Two such choices stand beside each other."""


@dataclass(frozen=True)
class Filter:
    """Which rows a choice keeps."""

    column: str
    choice: Choice
    keeps: Literal["any of", "at least", "at most"] = "any of"

    def mask(self, table: pd.DataFrame, chosen: Any) -> npt.NDArray[np.bool_]:
        """For each row whether it is kept."""
        column = table[self.column]
        if self.keeps == "any of":
            return column.isin(chosen).to_numpy()
        return np.asarray(column >= chosen if self.keeps == "at least" else column <= chosen)


@dataclass(frozen=True)
class Grouping:
    """A column to group by; its title stands within sentences."""

    title: str
    labels: Mapping[Any, str]
    """Value in the column → what a person reads; in the order of the axis."""
    ordered: bool = False
    """The groups follow each other, as months do: a line, in their own order; else bars, the largest first."""


@dataclass(frozen=True)
class Measure:
    """A column of numbers; its title stands within sentences."""

    title: str
    unit: str = ""
    decimals: int = 1


@dataclass(frozen=True)
class Card:
    """A key figure as it is shown."""

    title: str
    value: str
    note: str


@dataclass(frozen=True, eq=False)
class Source:
    """A table with its filters (by their key in a link), and its groupings and measures (by their column).

    `cards` makes the key figures of some rows and the measure that is looked at.
    """

    name: str
    """Stands in the address of the page."""
    title: str
    noun: str
    """What one calls its rows: «flights»."""
    table: pd.DataFrame
    groupings: Mapping[str, Grouping]
    measures: Mapping[str, Measure]
    filters: Mapping[str, Filter]
    cards: Callable[[pd.DataFrame, str], list[Card]]
    note: str
    """Where it comes from."""
    remarks: str = ""
    """What of it is not as one might expect."""
    share: str = ""
    """A column of 0 and 1 whose mean is shown for each group."""
    yours: bool = False
    """The visitor uploaded it, and nobody else has it."""
    columns: tuple[str, ...] = ()
    """What `cards` reads besides the measure."""

    @cached_property
    def ways(self) -> dict[str, Choice]:
        """How to look at the rows."""
        groupings = {column: _capital(grouping.title) for column, grouping in self.groupings.items()}
        measures = {column: _capital(measure.title) for column, measure in self.measures.items()}
        return {
            "by": Choice("Group by", groupings, next(iter(groupings))),
            "measure": Choice("Measure", measures, next(iter(measures))),
            "stat": Choice("Statistic", STATISTICS, "mean"),
        }

    @cached_property
    def choices(self) -> dict[str, Choice]:
        """All that a visitor can choose, by its key in a link."""
        return {key: kept.choice for key, kept in self.filters.items()} | self.ways


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]
