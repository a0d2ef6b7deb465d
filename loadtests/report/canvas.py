"""Drawing with matplotlib, and making of it an SVG element that can stand in a page.

Colours become the page's own variables, so that a plot follows its light, dark
and printed form. Nothing of the text that is drawn is taken as mathematics or markup.
"""

from __future__ import annotations

import html
import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from berth.errors import ConfigurationError
from loadtests.report.page import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, SEA, SHADE = "#10151b", "#545f6b", "#0b6e8f", "#cdd4d9"
VARIABLES = {INK: "var(--ink)", SOFT: "var(--soft)", SEA: "var(--sea)", SHADE: "var(--shade)"}
"""Colours, and what the page calls them."""

WIDTH = 7.6
"""Inches."""

SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "berth",
    "text.parse_math": False,
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": SHADE,
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.7,
}


@dataclass(frozen=True)
class Stroke:
    """How a line is drawn: ``dashes`` as matplotlib names them, ``width`` in points."""

    colour: str
    dashes: Any
    width: float = 1.3


STROKES = (
    Stroke(SEA, "-", 2.0),
    Stroke(INK, "--"),
    Stroke(INK, ":", 1.6),
    Stroke(SOFT, "-."),
    Stroke(SOFT, "-"),
    Stroke(SEA, (0, (6, 2)), 1.0),
    Stroke(INK, (0, (1, 3))),
)
"""For lines of one plot: no two have the same dashes in the same width."""


@dataclass(frozen=True)
class Clock:
    """The axis of time: ``unit``, and how many seconds it has."""

    unit: str
    seconds: float

    @classmethod
    def of(cls, seconds: float) -> Clock:
        """Return the unit that suits so long a run."""
        return cls("h", 3600) if seconds > 10_800 else cls("min", 60) if seconds > 300 else cls("s", 1)

    def label(self, axes: Axes, length: float) -> None:
        """Name the axis, and have it show a run of this length (s)."""
        axes.set_xlim(0, max(length, 1.0) / self.seconds)
        axes.set_xlabel(f"{self.unit} since the run began")


def drawn(name: str, title: str, alternative: str, height: float, draw: Callable[[Figure], None]) -> Plot:
    """Have ``draw`` fill a figure of that height (inches). Raises ConfigurationError where matplotlib is missing."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigurationError(
            "matplotlib, which draws the report's plots, is missing. Install it: pip install 'panel-berth[loadtests]'."
        ) from None
    target = io.StringIO()
    with mpl.rc_context(SETTINGS), warnings.catch_warnings():
        # A name in a script that matplotlib's own font lacks: the browser has another font.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        draw(figure)
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    return Plot(name, title, _element(target.getvalue(), name, alternative), alternative)


def line(axes: Axes, label: str, at: Sequence[float], values: Sequence[float | None], stroke: Stroke) -> None:
    """Draw a line that is broken where there is no value; a value between two gaps is a point."""
    numbers = [math.nan if value is None else value for value in values]
    (path,) = axes.plot(at, numbers, color=stroke.colour, linestyle=stroke.dashes, linewidth=stroke.width)
    path.set_label(f" {label}")  # a label that begins with _ would be left out
    around = [math.nan, *numbers, math.nan]
    alone = [place for place in range(len(at)) if math.isnan(around[place]) and math.isnan(around[place + 2])]
    if alone:
        path.set(marker="o", markersize=3, markevery=alone)


def legend(figure: Figure, axes: Axes, columns: int) -> None:
    """Name what is drawn in ``axes``, above all."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=columns, frameon=False, handlelength=3)


def _element(svg: str, name: str, alternative: str) -> str:
    """Return the element alone, with names that occur only once in a page, and the colours and fonts of the page."""
    svg = svg[svg.index("<svg ") :].strip()
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg, flags=re.S)
    svg = re.sub(r'(\bid="|url\(#|xlink:href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"font-family: [^;\"]+", "font-family: inherit", svg)
    svg = re.sub("|".join(VARIABLES), lambda found: VARIABLES[found[0]], svg)
    label = html.escape(alternative)
    return re.sub(
        r'<svg [^>]*?viewBox="([^"]+)"[^>]*>', f'<svg role="img" aria-label="{label}" viewBox="\\1">', svg, count=1
    )
