"""What is computed of the chosen flights: four key figures, and one row for each group."""

from dataclasses import dataclass

import pandas as pd

from berth.dashboards.flights.selection import Selection


@dataclass(frozen=True)
class KeyFigures:
    """Of some flights: how many, their mean delays in minutes, and the share (0 to 1) that arrived on time.

    Flights without a value are skipped; a figure without any value is NaN.
    """

    flights: int
    departure_delay: float
    arrival_delay: float
    on_time: float


def key_figures(flights: pd.DataFrame) -> KeyFigures:
    """The key figures of `flights`."""
    means = flights[["dep_delay", "arr_delay", "on_time"]].astype("float64").mean()
    return KeyFigures(len(flights), means["dep_delay"], means["arr_delay"], means["on_time"])


def groups(flights: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """A row for each group that has a flight: in their own order if they follow each other in time, else by flights.

    Columns: `label`, `flights`, `value` (the chosen figure, NaN without any value), `on_time` (0 to 1).
    """
    grouped = flights.groupby(selection.group, observed=True)
    labels = selection.grouping().labels
    rows = pd.DataFrame(
        {
            "flights": grouped.size(),
            "value": grouped[selection.measure].agg(selection.statistic).astype("float64"),
            "on_time": grouped["on_time"].mean().astype("float64"),
        }
    )
    rows.insert(0, "label", [labels[key] for key in rows.index])
    if not selection.grouping().in_time:
        rows = rows.sort_values("flights", ascending=False)
    return rows.reset_index(drop=True)
