"""The plot of one session: a line for groups with an order, else bars. Its colours come from page.css (`--bk-…`)."""

from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, NumeralTickFormatter
from bokeh.plotting import figure

from berth.dashboards.exploring.view import View

MOST_BARS = 20
"""More bars than this cannot be read; those with the most rows are shown."""

ACCENT = "#2f81d6"
"""A blue that stands out on white and on black alike: marks cannot take their colour from a style sheet."""
WHISKER = "#e0861a"
"""An orange that stands out on both, and on the blue."""

_ROW = 24  # pixels of a bar and the space around it
_TICKS = 5  # some so many figures on the axis of bars, which may be narrow
_AXIS = 48  # pixels of the axis below the bars
_LABEL = 24  # characters of a label
_MOST_SLANTED = 12  # labels on the axis of a line; more are written upwards
_COLUMNS = ("label", "axis", "value", "rows", "low", "high")


class Chart:
    """Two figures, of which the one that fits is visible; both are updated in place, so that nothing flickers."""

    def __init__(self) -> None:
        self.source = ColumnDataSource({column: [] for column in _COLUMNS})
        self.bars = _bars(self.source)
        self.line = _line(self.source)

    def show(self, groups: pd.DataFrame, view: View) -> None:
        """Draw the groups of `summary.groups`, with `low` and `high`: as a line, or as bars, the longest on top."""
        ordered = view.grouping.ordered
        drawn = groups if ordered else groups.head(MOST_BARS).sort_values("value", na_position="first")
        drawn = drawn.assign(axis=_axis(drawn["label"]))
        self.line.x_range.factors = self.bars.y_range.factors = list(drawn["axis"])
        self.source.data = {column: list(drawn[column]) for column in _COLUMNS}
        self.bars.height = _ROW * max(len(drawn), 1) + _AXIS
        self.line.xaxis.major_label_orientation = "vertical" if len(drawn) > _MOST_SLANTED else 0.8
        self.line.visible = ordered and len(drawn) > 0
        self.bars.visible = not ordered and len(drawn) > 0
        self._explain(view, intervals=bool(drawn["low"].notna().any()))

    def _explain(self, view: View, *, intervals: bool) -> None:
        digits = "0" * view.measure.decimals
        tooltips = [("", "@label"), ("Value", f"@value{{0,0.{digits}}}")]
        tooltips += [("Interval", f"@low{{0,0.{digits}}} to @high{{0,0.{digits}}}")] if intervals else []
        tooltips += [(view.source.noun.capitalize(), "@rows{0,0}")]
        for plot in (self.bars, self.line):
            plot.hover.tooltips = tooltips


def _axis(labels: pd.Series) -> list[str]:
    """Labels that fit; each is there once, since an axis has one place for each."""
    short = [label if len(label) <= _LABEL else f"{label[: _LABEL - 1].rstrip()}…" for label in labels]
    return [label if short.count(label) == 1 else f"{label} ({place})" for place, label in enumerate(short, 1)]


def _figure(**ranges: Any) -> figure:
    """An empty figure without tools that would catch a finger that scrolls the page."""
    plot = figure(height=420, sizing_mode="stretch_width", toolbar_location=None, tools="", visible=False, **ranges)
    plot.outline_line_color = None
    plot.axis.axis_line_color = None
    plot.axis.major_tick_line_color = None
    plot.axis.minor_tick_line_color = None
    plot.axis.major_label_text_font_size = "13px"
    return plot


def _bars(source: ColumnDataSource) -> figure:
    plot = _figure(y_range=FactorRange(factors=[]))
    mark = plot.hbar(y="axis", right="value", height=0.7, color=ACCENT, source=source)
    plot.segment(x0="low", x1="high", y0="axis", y1="axis", line_width=2.5, color=WHISKER, source=source)
    for end in ("low", "high"):
        plot.scatter(x=end, y="axis", marker="dash", angle=1.5708, size=9, line_width=2.5, color=WHISKER, source=source)
    plot.ygrid.visible = False
    plot.xaxis.ticker.desired_num_ticks = _TICKS
    plot.xaxis.formatter = NumeralTickFormatter(format="0,0.[000000]")
    plot.add_tools(HoverTool(renderers=[mark], mode="hline", visible=False))
    return plot


def _line(source: ColumnDataSource) -> figure:
    plot = _figure(x_range=FactorRange(factors=[]))
    plot.line(x="axis", y="value", line_width=2.5, color=ACCENT, source=source)
    mark = plot.scatter(x="axis", y="value", size=8, color=ACCENT, source=source)
    plot.segment(x0="axis", x1="axis", y0="low", y1="high", line_width=2.5, color=WHISKER, source=source)
    for end in ("low", "high"):
        plot.scatter(x="axis", y=end, marker="dash", size=9, line_width=2.5, color=WHISKER, source=source)
    plot.xgrid.visible = False
    plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[000000]")
    plot.add_tools(HoverTool(renderers=[mark], mode="vline", visible=False))
    return plot
