"""The plots: bars for every server, in colours and hatches that a printer without colours keeps apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadtests.bench.figures import Measured, Row
from loadtests.bench.servers import BERTH, NAMES, PROCS, STOCK, THREADS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES: dict[str, dict[str, Any]] = {
    STOCK: {"color": "#e3e3e3", "hatch": ""},
    THREADS: {"color": "#c9c9c9", "hatch": "///"},
    PROCS: {"color": "#a9a9a9", "hatch": "xxx"},
    BERTH: {"color": "#0b6e8f", "hatch": ""},
}

SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "berth", "font.family": "sans-serif", "hatch.linewidth": 0.6}
"""Text stays text, and the same figures make the same file."""

WIDTH, BAR, MARGIN = 7.2, 0.19, 1.3
"""Inches: of a plot, of a bar's thickness, and above and below all bars."""


@dataclass(frozen=True)
class Chart:
    """One plot: the rows of a part that begin with one of ``rows``, and what of each is shown on the axis."""

    part: str
    name: str
    title: str
    axis: str
    rows: tuple[str, ...]
    shown: Callable[[Measured], float]


CHARTS = (
    Chart(
        "isolation",
        "isolation-task",
        "A quick task beside a heavy neighbour",
        "times as long as alone",
        ("quick task beside ",),
        lambda measured: measured.ratio,
    ),
    Chart(
        "isolation",
        "isolation-open",
        "Opening a page beside a heavy neighbour",
        "times as long as alone",
        ("opening a page beside ",),
        lambda measured: measured.ratio,
    ),
    Chart("latency", "latency", "With nobody else there", "ms", ("",), lambda measured: measured.value),
    Chart("weight", "weight", "Loading a page", "kB", ("first load", "second load"), lambda measured: measured.value),
    Chart(
        "memory", "memory", "One more visitor (PSS)", "MiB", ("one more visitor of ",), lambda measured: measured.value
    ),
    Chart("seats", "seats", "A newcomer's page", "ms", ("a spare", "no spare"), lambda measured: measured.value),
    Chart("start", "start", "Start", "s", ("from the command",), lambda measured: measured.value),
)


@dataclass(frozen=True)
class Plot:
    """A plot that was drawn. ``alternative`` says the same in words."""

    part: str
    name: str
    alternative: str


def draw(results: Mapping[str, list[Row]], folder: Path) -> list[Plot]:
    """Draw the plots of what was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    return list(_drawn(results, folder))


def _drawn(results: Mapping[str, list[Row]], folder: Path) -> Iterator[Plot]:
    for chart in CHARTS:
        rows = [row for row in results.get(chart.part, []) if row.what.startswith(chart.rows) and _fits(row, chart)]
        if rows:
            alternative = _alternative(chart, rows)
            _write(chart, rows, alternative, folder / f"{chart.name}.svg")
            yield Plot(chart.part, chart.name, alternative)


def _fits(row: Row, chart: Chart) -> bool:
    """Whether the row is in the unit of the axis, if that is one."""
    return row.counted or row.unit == chart.axis


def _label(row: Row, chart: Chart) -> str:
    """Return what a row is about beyond what all rows of the plot are about."""
    begin = next(begin for begin in chart.rows if row.what.startswith(begin))
    text = row.what.removeprefix(begin) if begin.endswith(" ") else row.what
    return text.replace("`", "").removesuffix(" (PSS)")


def _alternative(chart: Chart, rows: list[Row]) -> str:
    """Return the plot in words."""
    said = (f"{_label(row, chart)}: {', '.join(_values(row, chart))}" for row in rows)
    return f"Bars. {chart.title} ({chart.axis}). {'; '.join(said)}."


def _values(row: Row, chart: Chart) -> Iterator[str]:
    return (f"{one.server} {_number(chart.shown(one))}" for one in row.measured)


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _write(chart: Chart, rows: list[Row], alternative: str, path: Path) -> None:
    # Imported here: who only prints the table does not need it.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, MARGIN + BAR * len(rows) * (len(_shown(rows)) + 1)), layout="constrained")
        _bars(figure.add_subplot(), chart, rows)
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": chart.title, "Description": alternative})
    text = path.read_text(encoding="utf-8").replace("<svg ", '<svg role="img" ', 1)
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")


def _shown(rows: list[Row]) -> list[str]:
    """Return the servers with which any of the rows was measured."""
    return [name for name in NAMES if any(row.of(name) for row in rows)]


def _bars(axes: Axes, chart: Chart, rows: list[Row]) -> None:
    names = _shown(rows)
    share = 1 / (len(names) + 1)
    for place, name in enumerate(names):
        found = [(number, one) for number, row in enumerate(rows) if (one := row.of(name))]
        heights = [number + (place - (len(names) - 1) / 2) * share for number, _ in found]
        values = [chart.shown(one) for _, one in found]
        bars = axes.barh(heights, values, share, label=name, edgecolor="#222222", linewidth=0.5, **STYLES[name])
        axes.bar_label(bars, [_number(value) for value in values], padding=3, fontsize=8)
    axes.set_yticks(range(len(rows)), [_label(row, chart) for row in rows])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel(chart.axis)
    axes.set_title(chart.title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.figure.legend(loc="outside lower center", ncols=len(names), fontsize=8, frameon=False)
    if all(row.counted for row in rows):
        axes.axvline(1, color="#222222", linewidth=0.8, linestyle="--")
