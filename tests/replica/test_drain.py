"""When a replica that ends warns its visitors, and when they must go."""

from __future__ import annotations

from berth.replica.drain import WARNING, Drain


def test_nobody_is_warned_or_sent_away_before_it_has_begun() -> None:
    drain = Drain(0)
    assert not drain.begun
    assert not drain.to_warn(1e9)
    assert not drain.over(1e9)


def test_visitors_are_warned_once_five_minutes_before_the_end() -> None:
    drain = Drain(3600)
    drain.begin(1000)
    assert not drain.to_warn(1000)
    assert not drain.to_warn(1000 + 3600 - 301)
    assert drain.to_warn(1000 + 3600 - 300)
    assert not drain.to_warn(1000 + 3600 - 299)
    assert WARNING == 300


def test_with_a_shorter_grace_they_are_warned_at_once() -> None:
    drain = Drain(60)
    drain.begin(1000)
    assert drain.to_warn(1000)
    assert not drain.over(1059)
    assert drain.over(1060)
