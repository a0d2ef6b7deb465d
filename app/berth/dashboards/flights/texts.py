"""The sentences and figures that Explorer writes, as HTML."""

import os
from html import escape
from math import isnan

import pandas as pd
import panel as pn

from berth.dashboards.flights.chart import MOST_BARS
from berth.dashboards.flights.selection import Selection
from berth.dashboards.flights.summary import KeyFigures
from berth.dashboards.flights.table import ON_TIME

NO_VALUE = "–"


def visitor() -> str:
    """Who looks at this page."""
    return str(pn.state.user or "guest")


def served_by() -> str:
    """The berth of this page and its process, or what else serves it."""
    return f"{os.environ.get('BERTH_NAME', 'panel serve')} · process {os.getpid()}"


def cards(figures: KeyFigures) -> str:
    """The key figures, each a card."""
    on_time = NO_VALUE if isnan(figures.on_time) else f"{figures.on_time:.1%}"
    entries = [
        ("Flights", f"{figures.flights:,}", "that match the filters"),
        ("Departure delay", _minutes(figures.departure_delay), "on average"),
        ("Arrival delay", _minutes(figures.arrival_delay), "on average"),
        ("On time", on_time, f"arrived less than {ON_TIME} min late"),
    ]
    items = [f"<div><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>" for name, value, note in entries]
    return f"<dl class='cards'>{''.join(items)}</dl>"


def sentence(groups: pd.DataFrame, selection: Selection) -> str:
    """What the chart and the table show, or what to do when there is nothing to show."""
    if groups.empty:
        return "<p role='status'><b>No flight matches these filters.</b> Widen the months or clear a filter.</p>"
    grouping = selection.grouping()
    note = f"{groups['flights'].sum():,} flights in {len(groups)} {'group' if len(groups) == 1 else 'groups'}"
    if len(groups) > MOST_BARS and not grouping.in_time:
        note += f", {MOST_BARS} of them in the chart: those with the most flights"
    return f"<p role='status'><b>{selection.title()} by {grouping.title.lower()}</b><br>{note}</p>"


def refused(keys: list[str]) -> str:
    """That a link asked for what does not exist; empty if it did not."""
    if not keys:
        return ""
    names = escape(", ".join(keys))
    return f"<p role='alert'>This link asks for values that do not exist here ({names}). They were left out.</p>"


def _minutes(value: float) -> str:
    return NO_VALUE if isnan(value) else f"{value:.2f} min"
