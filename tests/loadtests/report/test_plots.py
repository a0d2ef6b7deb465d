"""The plots: SVG that can stand in a page, with text in it, described for those who do not see them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from loadtests.report.canvas import STROKES, VARIABLES
from loadtests.report.figures import Summary, summary
from loadtests.report.page import Plot
from loadtests.report.plots import plots
from tests.loadtests.report.folder import CALM, heavy, other, quick, run

pytest.importorskip("matplotlib")

STRANGE = "set <script>alert('1')</script> $x^$ _x & \"y\" 名前"

SAMPLES = (("fleet", "taken", 1), ("fleet", "seats", 4), ("router", "memory", 12.0), (STRANGE, "memory", 30.0))
FLEET = [(at, *sample) for at in (0, 30) for sample in SAMPLES]


@pytest.fixture
def full(tmp_path: Path) -> Summary:
    """A run that has something of everything."""
    steps = (*CALM, *(other(name, at, 0.5) for name in ("seat", STRANGE) for at in (0, 20)))
    return summary(run(tmp_path, *steps, fleet=FLEET))


def texts(plot: Plot) -> list[str]:
    """What is written in a plot."""
    return [element.text.strip() for element in ElementTree.fromstring(parsable(plot)).iter("text") if element.text]


def parsable(plot: Plot) -> str:
    """The plot with a declaration of what HTML knows by itself."""
    return plot.svg.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1)


def test_all_that_there_is_data_for_is_drawn(full: Summary) -> None:
    assert list(plots(full)) == ["isolation", "latency", "seat", "fleet", "memory"]


def test_what_there_is_no_data_for_is_not_drawn(tmp_path: Path) -> None:
    assert plots(summary(run(tmp_path, quick(1, 1)))) == {}


def test_names_are_drawn_as_they_are(full: Summary) -> None:
    """Neither as markup nor as mathematics."""
    found = plots(full)
    assert STRANGE in texts(found["latency"])
    assert STRANGE in texts(found["memory"])


def test_a_plot_says_in_words_what_it_shows(full: Summary) -> None:
    found = plots(full)
    assert "5 quick tasks" not in found["isolation"].alternative
    assert "3 quick tasks alone, and of 2 beside a heavy one" in found["isolation"].alternative
    assert "click Quick: half at most 1.00 s, 95 % at most 1.20 s, the longest 1.20 s" in found["latency"].alternative
    assert "taken: at most 1; seats: at most 4" in found["fleet"].alternative
    for plot in found.values():
        root = ElementTree.fromstring(parsable(plot))
        assert (root.get("role"), root.get("aria-label")) == ("img", plot.alternative)


def test_no_name_occurs_twice_in_a_page(full: Summary) -> None:
    names = [name for plot in plots(full).values() for name in re.findall(r'\bid="([^"]+)"', plot.svg)]
    assert len(names) == len(set(names)) > 0


def test_what_a_plot_refers_to_is_in_it(full: Summary) -> None:
    for plot in plots(full).values():
        assert set(re.findall(r'(?:url\(|xlink:href=")#([^)"]+)', plot.svg)) <= set(
            re.findall(r'\bid="([^"]+)"', plot.svg)
        )


def test_colours_are_the_page_s_own(full: Summary) -> None:
    """So that a plot can be read in dark pages and on paper."""
    for plot in plots(full).values():
        used = set(re.findall(r"(?:fill|stroke): ([^;\"]+)", plot.svg))
        assert {colour for colour in used if not colour.startswith("url(")} <= {*VARIABLES.values(), "none"}


def test_lines_differ_without_colours() -> None:
    assert len({(str(stroke.dashes), stroke.width) for stroke in STROKES}) == len(STROKES)


def test_the_same_figures_make_the_same_plot(full: Summary) -> None:
    assert plots(full) == plots(full)


def test_a_gap_in_what_was_measured_is_a_gap_in_the_line(tmp_path: Path) -> None:
    samples = [(at, "router", "memory", 12.0) for at in (*range(10), *range(30, 40))]
    drawn = re.findall(r'd="([^"]+)"[^>]*stroke: var\(--sea\); stroke-width: 2', memory(tmp_path, samples).svg)
    assert max(line.count("M") for line in drawn) == 2


def test_one_value_between_two_gaps_is_a_point(tmp_path: Path) -> None:
    assert "<use " in re.sub(r'<g id="memory-(x|y)tick.*', "", memory(tmp_path, [(30, "router", "memory", 12.0)]).svg)


def memory(folder: Path, samples: list[tuple[float, str, str, float]]) -> Plot:
    """The plot of memory of a run with these samples."""
    return plots(summary(run(folder, fleet=samples)))["memory"]


def test_several_runs_can_have_the_same_axis_of_ratios(tmp_path: Path) -> None:
    steps = (*CALM[:3], heavy(10, 10), quick(11, 1.0))
    one = summary(run(tmp_path, *steps))
    assert "6" not in texts(plots(one)["isolation"])
    assert "6" in texts(plots(one, 6.5)["isolation"])
