"""Figures as people read them."""

from __future__ import annotations

import pytest

from loadtests.report import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"), (0.0, "0.00 ms"), (0.0042, "4.20 ms"), (0.0438, "43.8 ms"), (0.9996, "1.00 s"), (0.9994, "999 ms"),
        (1.52, "1.52 s"), (50.0, "50 s"), (119.9, "120 s"), (150.0, "2.50 min"), (7199.0, "120 min"),
        (28_800, "8.00 h"),
    ],
)  # fmt: skip
def test_durations_have_the_unit_that_suits_them(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (1.0, "1.00"), (5.6666, "5.67"), (9.996, "10.0"), (10.0, "10"), (99.96, "100"), (12345.6, "12,346")],
)
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "–"), (0.0, "0 %"), (0.004, "0.4 %"), (0.5, "50 %"), (1.0, "100 %")]
)
def test_small_parts_are_not_nothing(share: float | None, text: str) -> None:
    assert words.percent(share) == text


def test_one_is_not_many() -> None:
    assert [words.counted(number, "step") for number in (0, 1, 2000)] == ["0 steps", "1 step", "2,000 steps"]
