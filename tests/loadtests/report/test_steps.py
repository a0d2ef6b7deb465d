"""Figures of steps, seats, sessions and errors, against numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path

from loadtests.report import steps as kinds
from loadtests.report.steps import Failure, Point
from loadtests.report.timeline import MOST, Timeline
from tests.loadtests.report.folder import other, quick, run


def test_durations_are_of_steps_that_succeeded_and_counts_are_of_all(tmp_path: Path) -> None:
    found = run(tmp_path, *(quick(at, 0.1 * (at + 1)) for at in range(10)), quick(20, 60.0, error="no answer in 60 s"))
    figures = kinds.figures(found.steps)["click Quick"]
    assert (figures.count, figures.errors, figures.bytes) == (11, 1, 11_000)
    assert [figures.p50, figures.p90, figures.p95, figures.p99, figures.max] == [0.5, 0.9, 1.0, 1.0, 1.0]


def test_a_step_that_always_failed_has_no_durations(tmp_path: Path) -> None:
    figures = kinds.figures(run(tmp_path, quick(1, 1, error="refused")).steps)["click Quick"]
    assert (figures.p50, figures.max, figures.errors) == (None, None, 1)


def test_percentiles_over_time_are_of_the_steps_that_began_in_an_interval(tmp_path: Path) -> None:
    steps = (quick(0.1, 1.0), quick(0.2, 3.0), quick(0.9, 2.0), quick(2.0, 9.0), quick(2.5, 4.0, error="refused"))
    found = run(tmp_path, *steps, ended=1_800_000_010.0)
    points = kinds.over_time(found.steps, Timeline.of(found))["click Quick"]
    assert points == (Point(0, 3, 0, 2.0, 3.0, 3.0), Point(2, 2, 1, 9.0, 9.0, 9.0))


def test_a_run_of_hours_has_no_more_intervals_than_one_of_minutes(tmp_path: Path) -> None:
    for number, hours in enumerate((0.01, 1, 8, 200, 9000)):
        found = run(tmp_path / str(number), quick(0, 1), quick(hours * 3600 - 2, 1), ended=1_800_000_000 + hours * 3600)
        timeline = Timeline.of(found)
        assert timeline.count <= MOST
        assert timeline.begin(timeline.count) >= hours * 3600


def test_seats_count_those_who_waited_and_those_who_got_none(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        other("seat", 0, 0.2, "a"),
        other("seat", 1, 3.0, "b"),
        other("waiting room", 1, 2.9, "b"),
        other("seat", 2, 60.0, "c", "no seat came in 60 s"),
    )
    seats = kinds.seats(found)
    assert (seats.count, seats.errors, seats.waited, seats.p50, seats.max) == (3, 1, 1, 0.2, 3.0)


def test_the_last_place_in_the_queue_is_that_of_any_visitor(tmp_path: Path) -> None:
    places = [(1_800_000_000.0 + second, f"quick-{second}", "place", second) for second in (1, 7, 3)]
    assert kinds.seats(run(tmp_path, other("seat", 0, 0.2), fleet=places)).place == 7


def test_sessions_are_lost_for_a_reason(tmp_path: Path) -> None:
    lost = [other("session", 1, 5, f"quick-{number}", f"closed with 1006 after {number} s") for number in range(3)]
    found = run(tmp_path, other("session", 0, 9), *lost, other("session", 1, 5, error="replaced"))
    sessions = kinds.sessions(found.steps)
    assert (sessions.opened, sessions.lost) == (5, 4)
    assert list(sessions.reasons.items()) == [("closed with 1006 after 0 s", 3), ("replaced", 1)]


def test_pages_whose_end_was_not_recorded_were_opened_too(tmp_path: Path) -> None:
    found = run(
        tmp_path, *(other("open", at, 1) for at in range(3)), other("open", 4, 1, error="x"), other("session", 0, 2)
    )
    assert kinds.sessions(found.steps).opened == 3


def test_errors_are_counted_by_step_and_kind(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        *(quick(at, 1, error=f"no answer to task {at}") for at in range(3)),
        other("open", 5, 1, error="no answer to task 9"),
        quick(7, 1),
    )
    errors = kinds.errors(found.steps)
    expected = (Failure("click Quick", "no answer to task 0", 3), Failure("open", "no answer to task 0", 1))
    assert (errors.count, errors.kinds) == (4, expected)


def test_without_errors_there_are_no_kinds(tmp_path: Path) -> None:
    assert kinds.errors(run(tmp_path).steps) == kinds.Errors(0, ())
