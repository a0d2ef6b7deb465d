"""The plots: SVG with text in it, described for those who do not see them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from loadtests.bench.figures import Row, single
from loadtests.bench.plots import CHARTS, draw
from loadtests.bench.servers import NAMES

pytest.importorskip("matplotlib")

ROWS = [Row("click to its answer", "ms", "panel serve", tuple(single(name, 40, 40) for name in NAMES))]


def test_a_plot_says_in_words_what_it_shows(tmp_path: Path) -> None:
    (plot,) = draw({"latency": ROWS}, tmp_path)
    assert plot.alternative.startswith("Bars. With nobody else there (ms). click to its answer: panel serve 40.0, ")
    assert plot.alternative in " ".join(_texts(tmp_path / "latency.svg"))


def test_the_text_in_a_plot_is_text(tmp_path: Path) -> None:
    draw({"latency": ROWS}, tmp_path)
    assert {"click to its answer", *NAMES} <= set(_texts(tmp_path / "latency.svg"))


def test_the_same_figures_make_the_same_file(tmp_path: Path) -> None:
    draw({"latency": ROWS}, tmp_path / "one")
    draw({"latency": ROWS}, tmp_path / "other")
    assert (tmp_path / "one/latency.svg").read_bytes() == (tmp_path / "other/latency.svg").read_bytes()


def test_every_plot_has_a_name_of_its_own() -> None:
    assert len({chart.name for chart in CHARTS}) == len(CHARTS)


def _texts(path: Path) -> list[str]:
    return [element.text.strip() for element in ElementTree.parse(path).iter() if element.text]
