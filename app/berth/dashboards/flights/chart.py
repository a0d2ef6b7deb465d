"""The plot of one session: a line for groups in time, else bars. Its colours come from page.css (`--bk-…`)."""

from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, NumeralTickFormatter
from bokeh.plotting import figure

from berth.dashboards.flights.selection import MONTHS

MOST_BARS = 20
"""More bars than this cannot be read; those with the most flights are shown."""

ACCENT = "#2f81d6"
"""A blue that stands out on white and on black alike: marks cannot take their colour from a style sheet."""

_ROW = 24  # pixels of a bar and the space around it
_AXIS = 48  # pixels of the axis below the bars
_LABEL = 24  # characters of a label


class Chart:
    """Two figures, of which the one that fits is visible; both are updated in place, so that nothing flickers."""

    def __init__(self) -> None:
        self.source = ColumnDataSource({"label": [], "axis": [], "value": [], "flights": []})
        self.bars = _bars(self.source)
        self.line = _line(self.source)

    def show(self, groups: pd.DataFrame, *, in_time: bool) -> None:
        """Draw the groups of `summary.groups`: as a line in their order, or as bars, the longest on top."""
        drawn = groups if in_time else groups.head(MOST_BARS).sort_values("value", na_position="first")
        drawn = drawn.assign(axis=[_shortened(label) for label in drawn["label"]])
        self.line.x_range.factors = self.bars.y_range.factors = list(drawn["axis"])
        self.source.data = {column: list(drawn[column]) for column in self.source.data}
        self.bars.height = _ROW * max(len(drawn), 1) + _AXIS
        self.line.xaxis.major_label_orientation = "vertical" if len(drawn) > len(MONTHS) else 0.8
        self.line.visible = in_time and len(drawn) > 0
        self.bars.visible = not in_time and len(drawn) > 0


def _shortened(label: str) -> str:
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1].rstrip()}…"


def _figure(**ranges: Any) -> figure:
    """An empty figure without tools that would catch a finger that scrolls the page."""
    plot = figure(height=420, sizing_mode="stretch_width", toolbar_location=None, tools="", visible=False, **ranges)
    plot.outline_line_color = None
    plot.axis.axis_line_color = None
    plot.axis.major_tick_line_color = None
    plot.axis.minor_tick_line_color = None
    plot.axis.major_label_text_font_size = "13px"
    return plot


def _hover(plot: figure, mark: Any, mode: str) -> None:
    tooltips = [("", "@label"), ("Figure", "@value{0,0.0}"), ("Flights", "@flights{0,0}")]
    plot.add_tools(HoverTool(renderers=[mark], tooltips=tooltips, mode=mode, visible=False))


def _bars(source: ColumnDataSource) -> figure:
    plot = _figure(y_range=FactorRange(factors=[]))
    mark = plot.hbar(y="axis", right="value", height=0.7, color=ACCENT, source=source)
    plot.ygrid.visible = False
    plot.xaxis.formatter = NumeralTickFormatter(format="0,0[.]0")
    _hover(plot, mark, "hline")
    return plot


def _line(source: ColumnDataSource) -> figure:
    plot = _figure(x_range=FactorRange(factors=[]))
    plot.line(x="axis", y="value", line_width=2.5, color=ACCENT, source=source)
    mark = plot.scatter(x="axis", y="value", size=8, color=ACCENT, source=source)
    plot.xgrid.visible = False
    plot.yaxis.formatter = NumeralTickFormatter(format="0,0[.]0")
    _hover(plot, mark, "vline")
    return plot
