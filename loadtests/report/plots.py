"""The plots of a run: lines and bars that dashes and hatches tell apart, so that they print well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from loadtests.report import words
from loadtests.report.canvas import INK, SEA, SHADE, SOFT, STROKES, Clock, Stroke, drawn, legend, line
from loadtests.report.figures import Summary
from loadtests.report.page import Plot
from loadtests.report.steps import SEAT, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HIGH, PANEL = 2.7, 1.5
"""Height (inches) of a plot, and of each of several above each other."""

MOST_PANELS = 6
"""Steps whose durations are drawn."""

LEVELS = ("taken", "seats", "waiting", "replicas", "berths")
"""What is drawn of the fleet."""


def plots(summary: Summary, reach: float = 0.0) -> dict[str, Plot]:
    """Draw all for which there is data, by name. Raises ConfigurationError where matplotlib is missing.

    The axis of ratios goes to ``reach`` at least, so that several runs can be compared.
    """
    drawn = (draw(summary) for draw in (_latency, _seat, _fleet, _memory))
    return {plot.name: plot for found in (_isolation(summary, reach), *drawn) for plot in found}


def ratios(summary: Summary) -> float:
    """Return how far the axis of ratios goes, 0 where there are none."""
    bins = summary.isolation.bins
    return bins[-1].high if bins else 0.0


def _isolation(summary: Summary, reach: float) -> Iterator[Plot]:
    found = summary.isolation
    if not found.bins:
        return

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        edges, widths = [one.low for one in found.bins], [one.high - one.low for one in found.bins]
        alone = [100 * one.alone / found.alone for one in found.bins]
        beside = [100 * one.beside / found.beside for one in found.bins]
        axes.bar(edges, alone, widths, align="edge", label="alone", color=SHADE, edgecolor=INK, linewidth=0.5)
        axes.bar(edges, beside, widths, align="edge", label="beside", color="none", edgecolor=SEA, hatch="////")
        axes.set_xlim(0, max(reach, ratios(summary)))
        axes.set_xlabel("times as long as the median alone")
        axes.set_ylabel("% of the tasks")
        legend(figure, axes, 2)

    said = (
        f"Bars: how many per cent of {words.counted(found.alone, 'quick task')} alone, and of {found.beside:,} "
        f"beside a heavy one, took how many times as long as the median alone. Beside: half of them at most "
        f"{words.number(found.median)} times as long, 95 % at most {words.number(found.p95)} times, the longest "
        f"{words.number(found.largest)} times."
    )
    yield drawn("isolation", "Quick tasks alone, and beside a heavy one of somebody else", said, HIGH, draw)


def _latency(summary: Summary) -> Iterator[Plot]:
    names = [name for name in summary.steps if name != SEAT and _lasting(summary, name)]
    names.sort(key=lambda name: (name not in summary.isolation.steps, -summary.steps[name].count))
    if names:
        yield _durations(summary, "latency", "Durations over time", names[:MOST_PANELS])


def _seat(summary: Summary) -> Iterator[Plot]:
    if _lasting(summary, SEAT):
        yield _durations(summary, "seat", "Time to a seat", [SEAT])


def _fleet(summary: Summary) -> Iterator[Plot]:
    found = summary.over_time.fleet
    levels = {what: found[what] for what in LEVELS if any(found.get(what, ()))}
    if levels:
        yield _levels(summary, "fleet", "Seats and replicas over time", "number", levels)


def _memory(summary: Summary) -> Iterator[Plot]:
    found = summary.over_time.memory
    ordered = sorted(found, key=lambda role: -_most(found[role]))[: len(STROKES)]
    if ordered:
        yield _levels(summary, "memory", "Memory over time", "MiB", {role: found[role] for role in ordered})


def _lasting(summary: Summary, step: str) -> bool:
    """Tell whether a step succeeded in more intervals than one, so that there is something to draw over time."""
    return sum(point.p50 is not None for point in summary.over_time.steps.get(step, ())) > 1


def _durations(summary: Summary, name: str, title: str, steps: Sequence[str]) -> Plot:
    """Draw percentiles over time, of each step in a panel of its own."""
    clock = Clock.of(summary.seconds)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(len(steps), 1, sharex=True, squeeze=False)[:, 0]
        for axes, step in zip(panels, steps, strict=True):
            axes.set_title(_short(step), loc="left", fontsize=9)
            _percentiles(axes, summary.over_time.steps[step], summary.over_time.interval, clock)
        clock.label(panels[-1], summary.seconds)
        legend(figure, panels[0], 3)

    said = "; ".join(_spread_in_words(summary, step) for step in steps)
    every = words.duration(summary.over_time.interval)
    text = f"Lines: median, 95th percentile and longest duration in intervals of {every}. In the whole run: {said}."
    return drawn(name, title, text, 1.2 + PANEL * len(steps), draw)


def _percentiles(axes: Axes, points: Sequence[Point], interval: float, clock: Clock) -> None:
    at = [(point.at + interval / 2) / clock.seconds for point in points]
    line(axes, "median", at, [point.p50 for point in points], Stroke(SEA, "-", 2.0))
    line(axes, "95 %", at, [point.p95 for point in points], Stroke(INK, "--", 1.0))
    line(axes, "longest", at, [point.max for point in points], Stroke(SOFT, ":"))
    axes.set_ylabel("s")
    axes.set_ylim(bottom=0)


def _spread_in_words(summary: Summary, step: str) -> str:
    figures = summary.steps[step]
    half, most, longest = (words.duration(value) for value in (figures.p50, figures.p95, figures.max))
    return f"{step}: half at most {half}, 95 % at most {most}, the longest {longest}"


def _levels(summary: Summary, name: str, title: str, unit: str, values: Mapping[str, tuple[float | None, ...]]) -> Plot:
    """Draw numbers that went up and down."""
    clock, interval = Clock.of(summary.seconds), summary.over_time.interval

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for (what, numbers), stroke in zip(values.items(), STROKES, strict=False):
            line(
                axes, _short(what), [place * interval / clock.seconds for place in range(len(numbers))], numbers, stroke
            )
        axes.set_ylim(bottom=0)
        axes.set_ylabel(unit)
        clock.label(axes, summary.seconds)
        legend(figure, axes, min(4, len(values)))

    said = "; ".join(f"{what}: at most {words.count(round(_most(numbers), 1))}" for what, numbers in values.items())
    text = f"Lines: the largest {unit} in intervals of {words.duration(interval)}. In the whole run: {said}."
    return drawn(name, title, text, HIGH, draw)


def _most(values: Sequence[float | None]) -> float:
    return max((value for value in values if value is not None), default=0.0)


def _short(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:49]}…"
