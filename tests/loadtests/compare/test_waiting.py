"""How long visitors waited, worked out by hand."""

from __future__ import annotations

from loadtests.compare.record import Sample
from loadtests.compare.waiting import waiting


def samples(bout: int, visitor: str, *times: float, task: str = "click") -> list[Sample]:
    return [Sample("panel serve", visitor, task, bout, seconds) for seconds in times]


ALONE = samples(-1, "light-1", 1.0, 1.0, 1.2)


def test_waiting_is_the_time_beyond_the_median_alone() -> None:
    found = waiting([*ALONE, *samples(0, "light-1", 5.7, 1.0), *samples(0, "light-2", 3.0, 0.9)])
    assert found
    assert (found.alone, found.count) == (1.0, 4)
    assert (round(found.worst, 6), round(found.times, 6)) == (4.7, 5.7)
    assert found.median == 1.0


def test_what_was_felt_is_the_typical_visitors_longest_wait_in_a_typical_bout() -> None:
    blocked = [*samples(0, "a", 1.0, 5.0), *samples(0, "b", 4.0, 1.0), *samples(0, "c", 3.0)]
    found = waiting([*ALONE, *blocked])
    assert found
    assert found.felt == 3.0


def test_one_bad_moment_of_the_machine_is_not_felt() -> None:
    calm = [sample for bout in range(3) for name in "abc" for sample in samples(bout, name, 1.0, 1.05)]
    found = waiting([*ALONE, *calm, *samples(1, "b", 3.0)])
    assert found
    assert round(found.felt, 6) == 0.05
    assert found.worst == 2.0


def test_each_task_is_compared_with_itself() -> None:
    alone = [*ALONE, *samples(-1, "light-1", 0.1, task="set")]
    found = waiting([*alone, *samples(0, "light-1", 1.0), *samples(0, "light-1", 0.1, task="set")])
    assert found
    assert found.worst == 0.0


def test_without_figures_alone_or_beside_there_is_no_waiting() -> None:
    assert waiting(ALONE) is None
    assert waiting(samples(0, "light-1", 1.0)) is None
