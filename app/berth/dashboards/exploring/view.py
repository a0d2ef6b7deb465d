"""What one visitor looks at: a value that never changes. Another choice makes another view."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from berth.dashboards.exploring.source import STATISTICS, Grouping, Measure, Source


@dataclass(frozen=True)
class View:
    """Choices among what a source offers, by their key; what is not chosen has its default."""

    source: Source
    chosen: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.chosen.get(key, self.source.choices[key].default)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for views that show the same."""
        return self.source, *(str(self[key]) for key in self.source.choices)

    @property
    def grouping(self) -> Grouping:
        """How to read the groups."""
        return self.source.groupings[self["by"]]

    @property
    def measure(self) -> Measure:
        """How to read the numbers."""
        return self.source.measures[self["measure"]]

    def rows(self) -> pd.DataFrame:
        """The rows that were chosen, with those columns alone that are needed to show them."""
        source = self.source
        needed = {self["by"], self["measure"], *source.columns, *filter(None, [source.share])}
        kept = np.ones(len(source.table), dtype=bool)
        for key, one in source.filters.items():
            if self[key] != one.choice.default:
                kept &= one.mask(source.table, self[key])
        rows = source.table[sorted(needed)]
        return rows if kept.all() else rows[kept]

    def title(self) -> str:
        """What the figure of each group is, with its unit: «Mean departure delay (min)»."""
        if self["stat"] == "count":
            return f"{self.source.noun.capitalize()} with a known {self.measure.title}"
        unit = f" ({self.measure.unit})" if self.measure.unit else ""
        return f"{STATISTICS[self['stat']]} {self.measure.title}{unit}"

    def unfiltered(self) -> "View":
        """The same look at all rows."""
        return View(self.source, {key: self[key] for key in self.source.ways})
