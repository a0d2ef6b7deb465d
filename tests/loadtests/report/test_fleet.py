"""Figures of what served, against numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadtests.report.fleet import Fleet, Level, Memory, fleet, memory
from tests.loadtests.report.folder import Step, other, run

Sample = tuple[float, str, str, float]


def opened(count: int, every: float = 1.0) -> list[Step]:
    """Visits, one after the other."""
    return [other("open", number * every, 0.0, f"visitor-{number}") for number in range(count)]


def found(folder: Path, *samples: Sample, steps: list[Step] | None = None, **files: Any) -> Memory:
    """The memory of a run with these samples."""
    return memory(run(folder, *(steps or opened(1)), fleet=samples, **files))


def test_levels_have_the_most_the_mean_and_the_last(tmp_path: Path) -> None:
    samples = [(at, "fleet", "taken", value) for at, value in ((0, 0), (1, 4), (2, 2))]
    one = fleet(run(tmp_path, fleet=[*samples, (0, "router", "memory", 10), (0, "fleet", "colour", 3)]))
    assert one == Fleet(taken=Level(4, 2, 2))


def test_nothing_was_watched_is_no_figure(tmp_path: Path) -> None:
    one = run(tmp_path)
    assert (fleet(one), memory(one)) == (Fleet(), Memory())


def test_memory_for_a_visitor_is_the_rise_by_the_seats_taken_at_the_peak(tmp_path: Path) -> None:
    one = found(
        tmp_path,
        (0, "router", "memory", 10), (0, "berths", "memory", 30), (0, "fleet", "taken", 0),
        (5, "router", "memory", 12), (5, "berths", "memory", 110), (5, "fleet", "taken", 4),
        (9, "router", "memory", 12), (9, "berths", "memory", 50), (9, "fleet", "taken", 1),
    )  # fmt: skip
    assert (one.start, one.peak, one.end, one.visitors) == (40, 122, 62, 4)
    assert one.per_visitor == pytest.approx((122 - 40) / 4)
    assert (one.roles["berths"].start, one.roles["berths"].peak, one.roles["berths"].end) == (30, 110, 50)


def test_where_no_seats_are_told_open_pages_are_the_visitors(tmp_path: Path) -> None:
    """As of a plain server; of several client processes all pages count."""
    client = [(0, "1", 0.1, 0, 0), (0, "2", 0.1, 0, 0), (4, "1", 0.1, 0, 3), (4.5, "2", 0.1, 0, 2)]
    one = found(tmp_path, (0, "server", "memory", 100), (5, "server", "memory", 150), client=client)
    assert (one.visitors, one.per_visitor) == (5, 10)


def test_without_visitors_there_is_no_memory_for_one(tmp_path: Path) -> None:
    assert found(tmp_path, (0, "server", "memory", 100), (5, "server", "memory", 150), client=[]).per_visitor is None


def test_a_role_that_came_later_began_with_nothing(tmp_path: Path) -> None:
    one = found(tmp_path, (0, "router", "memory", 10), (0.5, "lobby", "memory", 20), (9, "berths", "memory", 30))
    assert (one.start, one.peak) == (30, 60)


def test_processors_are_told_by_role(tmp_path: Path) -> None:
    one = found(tmp_path, (0, "berths", "cpu", 0.5), (1, "berths", "cpu", 1.5))
    assert (one.roles["berths"].cpu, one.roles["berths"].cpu_peak, one.roles["berths"].peak) == (1.0, 1.5, None)
    assert one.start is None


def test_growth_is_the_slope_for_1000_visits(tmp_path: Path) -> None:
    """0.002 MiB stay behind from each of 400 visits: 2 MiB of 1,000."""
    samples = [(at, "lobby", "memory", 30 + 0.002 * at) for at in range(400)]
    one = found(tmp_path, *samples, steps=opened(400))
    assert one.roles["lobby"].growth == pytest.approx(2.0)


def test_what_is_filled_once_is_no_growth(tmp_path: Path) -> None:
    samples = [(at, "lobby", "memory", 30 + min(at, 50)) for at in range(400)]
    assert found(tmp_path, *samples, steps=opened(400)).roles["lobby"].growth == pytest.approx(0.0)


@pytest.mark.parametrize(("visits", "told"), [(99, False), (100, True)])
def test_growth_is_not_foretold_from_a_few_visits(tmp_path: Path, visits: int, told: bool) -> None:
    samples = [(at, "lobby", "memory", 30.0) for at in range(visits)]
    assert (found(tmp_path, *samples, steps=opened(visits)).roles["lobby"].growth is not None) is told


def test_growth_needs_samples_from_different_times(tmp_path: Path) -> None:
    assert found(tmp_path, (500, "lobby", "memory", 30), steps=opened(400)).roles["lobby"].growth is None
