"""Several runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadtests.report import comparison, html, markdown
from loadtests.report.comparison import Named
from loadtests.report.figures import Summary, summary
from loadtests.report.page import Page, Table
from tests.loadtests.report.folder import BLOCKED, CALM, Step, other, run


def one(folder: Path, label: str, *steps: Step, **files: Any) -> Summary:
    """The summary of a run."""
    return summary(run(folder / label, *steps, label=label, **files))


@pytest.fixture
def pair(tmp_path: Path) -> Page:
    """A run in which others waited beside one in which nobody did."""
    memory = {"panel serve": ("server", 100.0, 140.0), "berth up": ("berths", 30.0, 110.0)}
    runs = []
    for label, steps in (("panel serve", BLOCKED), ("berth up", (*CALM, other("leave", 20, 0.01)))):
        role, start, peak = memory[label]
        fleet = [(0, role, "memory", start), (1, role, "memory", peak), (1, "fleet", "taken", 2)]
        runs.append(Named(label, one(tmp_path, label, *steps, fleet=fleet)))
    return comparison.page(runs)


def rows(page: Page) -> dict[str, tuple[str, ...]]:
    """All rows of all tables by their head."""
    tables: list[Table] = [table for section in page.sections for table in section.tables]
    return {row[0]: row[1:] for table in tables for row in table.rows}


def test_figures_stand_beside_each_other_with_their_ratio(pair: Page) -> None:
    found = rows(pair)
    assert found["median, times as long as alone"] == ("4.50", "1.00", "0.22")
    assert found["memory for a visitor"] == ("20 MiB", "40 MiB", "2.00")
    assert found["click Quick, median"] == ("1.20 s", "1.00 s", "0.83")


def test_what_one_run_does_not_have_is_left_open(pair: Page) -> None:
    assert rows(pair)["leave, median"] == ("–", "10 ms", "–")


def test_the_answer_is_given_for_every_run(pair: Page) -> None:
    lines = pair.verdict.splitlines()
    assert lines[0].startswith("panel serve: Others waited: a quick task took 4.5 times as long")
    assert lines[1].startswith("berth up: Nobody waited: a quick task took 1.0 times as long")
    assert pair.tone == "good"
    for line in lines:
        assert f"**{line}**" in markdown.render(pair)


def test_the_plots_of_all_runs_are_there_and_no_name_twice(pair: Page) -> None:
    plots = [plot for section in pair.sections for plot in section.plots if plot.name == "isolation"]
    assert [plot.title.rsplit(": ")[-1] for plot in plots] == ["panel serve", "berth up"]
    text = html.render(pair)
    names = [part.partition('"')[0] for part in text.split(' id="')[1:]]
    assert len(names) == len(set(names))
    assert 'aria-label="berth up. Bars: ' in text


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("panel serve", "berth up"), ["panel serve", "berth up"]),
        (("berth up", "berth up"), ["berth up (1)", "berth up (2)"]),
        (("", "berth up"), ["two_users", "berth up"]),
    ],
)
def test_runs_are_called_by_what_served(tmp_path: Path, labels: tuple[str, ...], expected: list[str]) -> None:
    summaries = [summary(run(tmp_path / str(number), label=label)) for number, label in enumerate(labels)]
    assert comparison.names(summaries) == expected


def test_three_runs_are_all_compared_with_the_first(tmp_path: Path) -> None:
    runs = [Named(label, one(tmp_path, label, *steps)) for label, steps in (("a", CALM), ("b", BLOCKED), ("c", CALM))]
    found = rows(comparison.page(runs))
    assert found["median, times as long as alone"] == ("1.00", "4.50", "1.00", "4.50", "1.00")
