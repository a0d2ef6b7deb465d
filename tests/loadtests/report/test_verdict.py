"""The answer in a sentence."""

from __future__ import annotations

import pytest

from loadtests.report import verdict
from loadtests.report.isolation import Isolation


def found(median: float, waited: int, failed: int = 0, wait: float = 4.0) -> Isolation:
    """What was found with 100 quick tasks beside a heavy one."""
    beside = 100 - failed
    return Isolation(median, median, median, 100, beside, failed, waited, waited / 100, wait)


@pytest.mark.parametrize(
    ("isolation", "begins", "tone"),
    [
        (found(1.0, 0), "Nobody waited: a quick task took 1.0 times as long beside a heavy one", "good"),
        (found(3.0, 0, wait=0.04), "Nobody waited noticeably: a quick task took 3.0 times", "good"),
        (found(1.0, 5), "Hardly anybody waited: 5 of 100 quick tasks", "good"),
        (found(1.0, 6), "Some waited: 6 of 100 quick tasks", "bad"),
        (found(5.67, 51), "Others waited: a quick task took 5.7 times as long beside a heavy one", "bad"),
        (Isolation(reason="nobody did a heavy task"), "This run does not tell whether anybody waited", "plain"),
    ],
)
def test_the_answer_depends_on_how_many_waited(isolation: Isolation, begins: str, tone: str) -> None:
    assert verdict.sentence(isolation).startswith(begins)
    assert verdict.tone(isolation) == tone


def test_a_run_that_cannot_tell_says_why() -> None:
    assert verdict.sentence(Isolation(reason="nobody did a heavy task")).endswith("else: nobody did a heavy task.")


def test_tasks_that_failed_are_said_and_are_not_good() -> None:
    one = found(1.0, 0, failed=2)
    assert verdict.sentence(one).endswith("2 quick tasks beside a heavy one failed.")
    assert verdict.tone(one) == "bad"
