"""The report: what stands in its tables, that misses are plain, and how two runs are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.bench import report
from loadtests.bench.comparison import Run, compare
from loadtests.bench.figures import Bound, Measured, Row, Try, single
from loadtests.bench.plots import Plot

MACHINE = {"date": "2026-11-22", "machine": "a machine"}


def run(ratio: float, bound: float = 0.2) -> Run:
    """A run in which Berth's click took so much of what a click takes with ``panel serve``."""
    measured = (single("panel serve", 50, 50), single("berth up", 50 * ratio, 50))
    return Run(MACHINE, {"latency": [Row("click", "ms", "panel serve", measured, Bound("ratio", bound))]})


def test_a_line_has_ratio_and_figure_of_every_server_and_the_bound() -> None:
    (line,) = [line for line in report.tables(run(0.1).results).splitlines() if line.startswith("| click")]
    expected = "| click | **1.00** (50.0 ms) | — | — | **0.10** (5.00 ms) | panel serve | ≤ 0.2: kept (0.1) |"
    assert line == expected


def test_a_miss_is_in_the_line_and_in_the_summary() -> None:
    text = report.document(run(0.3).results, MACHINE, [], None, 1)
    assert "≤ 0.2: **missed (0.3)**" in text
    assert "0 of 1 bounds are kept. **Missed:**" in text


def test_what_is_kept_is_said_too() -> None:
    assert "All 1 bounds are kept." in report.document(run(0.1).results, MACHINE, [], None, 1)


def test_a_line_that_counts_says_how_many_tries_were_disturbed() -> None:
    measured = (Measured("berth up", (Try((1.0,), (1.0,)), Try((1.6,), (1.0,)))),)
    rows = [Row("quick task", "s", "alone", measured, counted=True)]
    assert "**1.30** (1 of 2)" in report.table(rows)


def test_a_plot_stands_below_its_part_with_its_alternative() -> None:
    text = report.document(run(0.1).results, MACHINE, [Plot("latency", "clicks", "Bars.")], None, 1)
    assert "![Bars.](clicks.svg)" in text


def test_every_plot_and_text_of_a_run_without_rows_is_left_out() -> None:
    assert "## Memory" not in report.document(run(0.1).results, MACHINE, [], None, 1)


@pytest.mark.parametrize(("now", "differences"), [(0.5, 0), (0.57, 0), (0.58, 1), (0.43, 1)])
def test_runs_are_the_same_whose_ratios_differ_by_less_than_15_percent(now: float, differences: int) -> None:
    found = compare(run(0.5), run(now))
    assert (found.count, len(found.differences)) == (2, differences)


def test_ratios_are_not_told_apart_below_what_the_table_shows() -> None:
    assert compare(run(0.01), run(0.02)).differences == ()


def test_what_chance_decides_is_not_compared() -> None:
    def chanced(ratio: float) -> Run:
        measured = (single("panel serve --num-procs 4", ratio, 1), single("berth up", 1, 1))
        return Run(MACHINE, {"isolation": [Row("task", "s", "alone", measured, chance="panel serve --num-procs 4")]})

    found = compare(chanced(1.0), chanced(5.0))
    assert (found.count, found.differences) == (1, ())


def test_what_differs_is_named_with_both_ratios() -> None:
    text = report.repeated_text(compare(run(0.5), run(0.8)))
    assert "Of 2 ratios, 1 are within 15 % of the run before (2026-11-22)." in text
    assert "- click, `berth up`: 0.50, now 0.80" in text


def test_a_run_survives_the_way_through_a_file(tmp_path: Path) -> None:
    run(0.1).write(tmp_path / "figures.json")
    assert Run.read(tmp_path / "figures.json") == run(0.1)


def test_where_nothing_was_written_there_is_no_run(tmp_path: Path) -> None:
    assert Run.read(tmp_path / "figures.json") is None
