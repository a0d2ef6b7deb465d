"""What one visitor has chosen: which flights, grouped by what, and which figure of each group."""

from calendar import day_abbr, month_abbr
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import param

from berth.dashboards.flights.table import AIRLINES, DESTINATIONS, FLIGHTS, ORIGINS

DISTANCES = {0: "Any"} | {miles: f"At least {miles:,} miles" for miles in (200, 500, 1000, 1500, 2000, 2500)}
MONTHS = {number: month_abbr[number] for number in range(1, 13)}


@dataclass(frozen=True)
class Grouping:
    """A column to group by."""

    title: str
    labels: Mapping[Any, str]
    """Value in the column → what a person reads; in the order of the axis."""
    in_time: bool = False
    """The groups follow each other in time: a line, in their own order; else bars, the largest first."""


GROUPINGS = {
    "carrier": Grouping("Airline", AIRLINES),
    "origin": Grouping("Origin", ORIGINS),
    "dest": Grouping("Destination", DESTINATIONS),
    "month": Grouping("Month", MONTHS, in_time=True),
    "hour": Grouping("Hour", {hour: f"{hour:02}:00" for hour in range(24)}, in_time=True),
    "weekday": Grouping("Weekday", dict(enumerate(day_abbr)), in_time=True),
}
MEASURES = {
    "dep_delay": "departure delay",
    "arr_delay": "arrival delay",
    "air_time": "air time",
    "distance": "distance",
}
STATISTICS = {"mean": "Mean", "median": "Median", "max": "Maximum", "count": "Count"}


def _options(names: Mapping[Any, str]) -> dict[str, Any]:
    """Label → value, as Panel's widgets want it."""
    return {label: value for value, label in names.items()}


class Selection(param.Parameterized):  # type: ignore[misc]  # param has no types that strict mode accepts
    """A choice of flights and of a way to look at them; an empty list means all of them."""

    first_month = param.Selector(default=1, objects=_options(MONTHS), label="From")
    last_month = param.Selector(default=12, objects=_options(MONTHS), label="To")
    carriers = param.ListSelector(default=[], objects=_options(AIRLINES), label="Airlines")
    origins = param.ListSelector(default=[], objects=_options(ORIGINS), label="Origins")
    destinations = param.ListSelector(default=[], objects=_options(DESTINATIONS), label="Destinations")
    min_distance = param.Selector(default=0, objects=_options(DISTANCES), label="Distance")
    group = param.Selector(
        default="carrier", objects={grouping.title: key for key, grouping in GROUPINGS.items()}, label="Group by"
    )
    measure = param.Selector(
        default="dep_delay", objects={title.capitalize(): key for key, title in MEASURES.items()}, label="Measure"
    )
    statistic = param.Selector(default="mean", objects=_options(STATISTICS), label="Statistic")

    FILTERS = ("first_month", "last_month", "carriers", "origins", "destinations", "min_distance")

    def flights(self) -> pd.DataFrame:
        """The rows of `FLIGHTS` that were chosen. The months are read in either order."""
        first, last = sorted((self.first_month, self.last_month))
        chosen: pd.Series[bool] = FLIGHTS["month"].between(first, last) & (FLIGHTS["distance"] >= self.min_distance)
        for column, values in (("carrier", self.carriers), ("origin", self.origins), ("dest", self.destinations)):
            if values:
                chosen &= FLIGHTS[column].isin(values)
        return FLIGHTS[chosen]

    def grouping(self) -> Grouping:
        """How to read the groups."""
        return GROUPINGS[self.group]

    def title(self) -> str:
        """What the figure of each group is, with its unit: «Mean departure delay (min)»."""
        if self.statistic == "count":
            return f"Flights with a known {MEASURES[self.measure]}"
        unit = "miles" if self.measure == "distance" else "min"
        return f"{STATISTICS[self.statistic]} {MEASURES[self.measure]} ({unit})"

    def clear(self) -> None:
        """Choose all flights again, and look at them in the same way."""
        fresh = Selection()
        self.param.update({name: getattr(fresh, name) for name in self.FILTERS})
