"""The rule: how many replicas, and which may go."""

from __future__ import annotations

import random

import pytest

from berth.controller.rule import Bounds, Candidate, Demand, Descent, cost, load_wish, needed, to_remove


@pytest.mark.parametrize(
    ("demand", "bounds", "replicas"),
    [
        (Demand(0, 0, 0), Bounds(1, 10, 1, 1), 1),
        (Demand(0, 0, 0), Bounds(1, 10, 0, 1), 1),
        (Demand(3, 1, 3), Bounds(1, 10, 1, 1), 5),
        (Demand(8, 0, 8), Bounds(1, 10, 1, 1), 9),
        (Demand(8, 5, 8), Bounds(1, 10, 1, 1), 10),
        (Demand(8, 0, 8), Bounds(1, 4, 1, 1), 8),
        (Demand(0, 0, 0), Bounds(3, 10, 1, 1), 3),
        (Demand(8, 0, 1), Bounds(1, 10, 1, 8), 2),
        (Demand(7, 0, 1), Bounds(1, 10, 1, 8), 1),
        (Demand(5, 0, 5), Bounds(1, 10, 1, 8), 5),
        (Demand(2, 0, 2), Bounds(1, 1, 1, 1), 2),
    ],
)
def test_the_demand_is_rounded_up_to_whole_replicas_within_bounds(
    demand: Demand, bounds: Bounds, replicas: int
) -> None:
    """Seats taken, waiting and spare; never fewer than hold a visitor, even above the maximum."""
    assert needed(demand, bounds) == replicas


def test_nobody_is_evicted_and_everybody_finds_a_seat_if_the_maximum_lets_them() -> None:
    """For random demands the bounds hold, and more demand never means fewer replicas."""
    chance = random.Random(5)
    for _ in range(5000):
        seats, minimum = chance.randint(1, 9), chance.randint(1, 20)
        bounds = Bounds(minimum, minimum + chance.randint(0, 40), chance.randint(0, 5), seats)
        occupied = chance.randint(0, 50)
        taken = chance.randint(occupied, occupied * seats)
        waiting = chance.randint(0, 50)
        found = needed(Demand(taken, waiting, occupied), bounds)
        assert found >= occupied
        assert found >= bounds.minimum
        assert found <= max(bounds.maximum, occupied)
        assert found * seats >= taken + waiting + bounds.spare or found >= bounds.maximum
        assert needed(Demand(taken, waiting + 1, occupied), bounds) >= found


def test_older_versions_go_first_then_where_fewest_visitors_are_near() -> None:
    """So that nodes become empty."""
    crowd = [Candidate("new-far", True, 0), Candidate("old-near", False, 5), Candidate("new-near", True, 5)]
    assert to_remove(crowd, 3) == ["old-near", "new-far", "new-near"]
    assert to_remove(crowd, 1) == ["old-near"]
    assert to_remove(crowd, -2) == []


def test_costs_order_pods_by_what_would_be_lost() -> None:
    """Cordoned, free, one visitor, more visitors."""
    costs = [cost(0, True), cost(0, False), cost(1, False), cost(8, False)]
    assert costs == sorted(costs)
    assert len(set(costs)) == 4


def test_a_need_is_followed_up_at_once_and_down_after_the_delay() -> None:
    """A dip shorter than the delay removes nothing; a lower need steps down only to what was enough all the time."""
    descent = Descent(60)
    needs = [(0, 3), (1, 5), (30, 2), (60, 4), (61, 2), (89, 2), (91, 2), (119, 2), (121, 2)]
    assert [descent.follow(now, need) for now, need in needs] == [3, 5, 5, 5, 4, 4, 4, 4, 2]


def test_the_descent_is_the_highest_need_of_the_delay() -> None:
    """For random needs it equals the plain definition, and remembers no more than differ."""
    chance = random.Random(6)
    for _ in range(50):
        delay, now, history = chance.choice([0, 1, 10, 60]), 0.0, []
        descent = Descent(delay)
        for _ in range(300):
            now += chance.random() * 3
            history.append((now, chance.randint(1, 9)))
            expected = max(need for seen, need in history if now - seen < delay or seen == now)
            assert descent.follow(*history[-1]) == expected
            assert len(descent._needs) <= 9


@pytest.mark.parametrize(
    ("replicas", "load", "target", "wish"),
    [(4, 160, 80, 8), (4, 85, 80, 4), (4, 75, 80, 4), (4, 40, 80, 2), (4, 0, 80, 0), (4, 50, 0, 0), (0, 50, 80, 0)],
)
def test_the_loads_wish_is_the_autoscalers(replicas: int, load: float, target: float, wish: int) -> None:
    """In proportion to the load, with the autoscaler's tolerance."""
    assert load_wish(replicas, load, target) == wish
