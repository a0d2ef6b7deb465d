"""Failed logins slow down those that follow."""

from __future__ import annotations

import pytest

from berth.lobby import throttle as throttle_module
from berth.lobby.throttle import FORGIVEN, SLOWED, Throttle


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def failing(throttle: Throttle, times: int, user: str = "ada", address: str = "10.0.0.1") -> list[float]:
    """Fail so many times; return the delays."""
    return [throttle.failed(user, address) for _ in range(times)]


def test_mistyping_costs_nothing_and_guessing_more_each_time() -> None:
    """The first failures are answered at once, the next later and later."""
    delays = failing(Throttle(Clock()), SLOWED - 1)
    assert delays[:3] == [0, 0, 0]
    assert delays == sorted(delays)
    assert delays[-1] > 1


def test_after_many_failures_no_attempt_is_made_for_a_while() -> None:
    """For the user from anywhere, and from the address for anybody."""
    throttle = Throttle(Clock())
    failing(throttle, SLOWED)
    assert throttle.pause("ada", "10.9.9.9") > 0
    assert throttle.pause("bob", "10.0.0.1") > 0
    assert throttle.pause("bob", "10.9.9.9") == 0


def test_a_stranger_cannot_lock_a_user_out_for_long() -> None:
    """The pause grows to half a minute for a user, to five minutes for an address."""
    throttle = Throttle(Clock())
    failing(throttle, 100)
    assert throttle.pause("ada", "10.9.9.9") == 30
    assert throttle.pause("bob", "10.0.0.1") == 300


def test_a_known_browser_is_counted_by_itself() -> None:
    """Guesses from elsewhere do not keep her out; her own mistakes still count."""
    throttle = Throttle(Clock())
    failing(throttle, 100)
    assert throttle.pause("ada", "10.9.9.9", "visitor1") == 0
    for _ in range(SLOWED):
        throttle.failed("ada", "10.9.9.9", "visitor1")
    assert throttle.pause("ada", "10.8.8.8", "visitor1") > 0
    assert throttle.pause("ada", "10.8.8.8", "visitor2") == 0
    throttle.succeeded("ada", "10.9.9.9", "visitor1")
    assert throttle.pause("ada", "10.8.8.8") == 30


def test_success_and_time_reset() -> None:
    """A successful login forgets the failures, and so does a quarter of an hour."""
    clock = Clock()
    throttle = Throttle(clock)
    failing(throttle, 50)
    throttle.succeeded("ada", "10.0.0.1")
    assert throttle.pause("ada", "10.0.0.1") == 0
    failing(throttle, 50)
    clock.now += FORGIVEN + 1
    assert failing(throttle, 1) == [0]


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    """A customer has 2**64 of them."""
    throttle = Throttle(Clock())
    for number in range(SLOWED):
        throttle.failed(f"user{number}", f"2001:db8::{number:x}")
    assert throttle.pause("ada", "2001:db8::ffff") > 0
    assert throttle.pause("ada", "2001:db8:0:1::1") == 0


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest failures are forgotten first."""
    monkeypatch.setattr(throttle_module, "MOST_KEYS", 20)
    throttle = Throttle(Clock())
    for number in range(1000):
        throttle.failed(f"user{number}", f"10.0.{number // 256}.{number % 256}")
    assert len(throttle._records) == 20
