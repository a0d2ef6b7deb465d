"""The sentences and figures that Explorer writes, as HTML."""

import os
from html import escape

import pandas as pd
import panel as pn

from berth.dashboards.exploring.bootstrap import LEVEL
from berth.dashboards.exploring.chart import MOST_BARS
from berth.dashboards.exploring.source import Card, Source
from berth.dashboards.exploring.view import View


def visitor() -> str:
    """Who looks at this page."""
    return str(pn.state.user or "guest")


def served_by() -> str:
    """The berth of this page and its process, or what else serves it."""
    return f"{os.environ.get('BERTH_NAME', 'panel serve')} · process {os.getpid()}"


def cards(entries: list[Card]) -> str:
    """The key figures, each a card."""
    items = [f"<div><dt>{one.title}</dt><dd>{one.value}<small>{escape(one.note)}</small></dd></div>" for one in entries]
    return f"<dl class='cards'>{''.join(items)}</dl>"


def question(view: View) -> str:
    """What is asked: «Mean departure delay (min) by airline»."""
    return f"{view.title()} by {view.grouping.title}"


def sentence(groups: pd.DataFrame, view: View) -> str:
    """What the chart and the table show, or what to do when there is nothing to show."""
    noun = view.source.noun
    if groups.empty:
        return f"<p role='status'><b>No {noun.removesuffix('s')} matches these filters.</b> Change or clear one.</p>"
    note = f"{groups['rows'].sum():,} {noun} in {len(groups)} {'group' if len(groups) == 1 else 'groups'}"
    if len(groups) > MOST_BARS and not view.grouping.ordered:
        note += f", {MOST_BARS} of them in the chart: those with the most {noun}"
    return f"<p role='status'><b>{escape(question(view))}</b><br>{note}</p>"


def intervals(view: View, resamples: int | None) -> str:
    """What the intervals are, or how to get them. `resamples` is how many made those that are shown, if any are."""
    if view["stat"] not in ("mean", "median"):
        return "<p>Intervals can be computed of a mean or a median: choose one as statistic.</p>"
    if resamples is None:
        kind = view["stat"]
        return f"<p>How sure is each {kind}? Its {LEVEL} % interval, from resampling the {view.source.noun}.</p>"
    return (
        f"<p role='note'>{LEVEL} % percentile bootstrap intervals from {resamples:,} resamples "
        "are in the chart and the table.</p>"
    )


def note(source: Source) -> str:
    """Where the rows come from, and what a link does."""
    link = "" if source.yours else "The address of this page holds your view: send it, and others see the same."
    return f"<p>{escape(' '.join([source.note, source.remarks, link]))}</p>"


def alert(text: str) -> str:
    """Something that the visitor should know; empty if there is nothing."""
    return f"<p role='alert'>{escape(text)}</p>" if text else ""


def refused(keys: list[str]) -> str:
    """That a link asked for what does not exist; empty if it did not."""
    if not keys:
        return ""
    return f"This link asks for values that do not exist here ({', '.join(keys)}). They were left out."


def absent(name: str) -> str:
    """That a link shows somebody's file."""
    return f"This view is of the file {name}, which is not here: upload it, and the view comes back."


def ready(source: Source) -> str:
    """That a file was read."""
    return f"{source.title} is shown, with {len(source.table):,} rows. {source.remarks}"
