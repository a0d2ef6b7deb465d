"""The verdict for given figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loadtests.compare.actions import Action
from loadtests.compare.choice import BARE, Choice, Task, choose
from loadtests.compare.guest import Ending
from loadtests.compare.trial import OPENING, Findings, Tried
from loadtests.compare.verdict import judge
from loadtests.compare.waiting import Outcome, PerVisitor, Waiting

LIGHT = (Task('click "Quick"', 0.1, Action("Button", "Quick", 0)),)
HEAVY = Choice(Task('click "Heavy"', 5.0), LIGHT)
PAGE = Choice(Task(OPENING, 0.4), (BARE,))


def outcome(felt: float, load: float = 0.3, memory: float = 20.0, others: float = 0.0) -> Outcome:
    clicks = Waiting(9, 1.0, 1.0 + felt, felt, felt, felt, 1.0 + felt)
    return Outcome("server", clicks, None, PerVisitor(memory, 0.1), load, others)


@pytest.mark.parametrize(
    ("plain", "berth", "load", "answer"),
    [
        (4.7, 0.0, 0.3, "needed"),
        (4.7, 1.5, 1.0, "needed"),
        (0.6, 0.05, 0.3, "needed"),
        (0.3, 0.05, 0.3, "hardly needed"),
        (0.3, 0.25, 0.9, "not needed"),
        (0.1, 0.0, 0.3, "not needed"),
        (0.0, 0.3, 0.3, "not needed"),
        (4.0, 3.5, 0.97, "cores"),
        (4.0, 3.9, 0.2, "elsewhere"),
    ],
)
def test_the_answer_follows_from_what_was_felt_on_both(plain: float, berth: float, load: float, answer: str) -> None:
    assert judge(outcome(plain), outcome(berth, load), HEAVY).answer == answer


def test_the_sentence_of_a_blocked_app_says_how_long_before_and_after() -> None:
    said = judge(outcome(4.7), outcome(0.0), HEAVY).sentence
    assert said == "Others waited up to 4.7 s (a click: 5.7 times as long) with panel serve, and 0.0 s with Berth."


def test_where_nothing_is_pressed_an_answer_is_what_others_waited_for() -> None:
    assert "(an answer: 3.5 times as long)" in judge(outcome(2.5), outcome(0.0), PAGE).sentence


def test_an_app_that_gains_nothing_is_told_so_in_the_first_words() -> None:
    assert judge(outcome(0.02), outcome(0.0), HEAVY).sentence.startswith("You do not need Berth")


@pytest.mark.parametrize(("felt", "answer"), [(0.6, "not needed"), (2.5, "needed")])
def test_a_page_may_keep_others_longer_than_a_click_since_it_is_opened_once(felt: float, answer: str) -> None:
    assert judge(outcome(felt), outcome(0.0), PAGE).answer == answer


def test_a_gain_for_clicks_counts_though_pages_wait_for_cores() -> None:
    def both(clicks: float, pages: float, load: float) -> Outcome:
        made = outcome(clicks, load)
        return replace(made, pages=outcome(pages).clicks)

    found = judge(both(1.7, 9.0, 1.0), both(0.1, 8.0, 1.0), HEAVY)
    assert found.answer == "needed"
    assert "2.7 times" in found.sentence
    assert "100% of all cores" in found.reasons[0]


def test_memory_that_every_visitor_loads_is_remarked() -> None:
    (reason,) = judge(outcome(0.0, memory=1.0), outcome(0.0, memory=520.0), HEAVY).reasons
    assert "520 MiB" in reason
    assert "BERTH_PRELOAD" in reason


def test_a_machine_that_did_something_else_is_remarked() -> None:
    (reason,) = judge(outcome(0.0), outcome(0.0, others=0.5), HEAVY).reasons
    assert "Other programs used 50% of this machine" in reason


def tried(label: str, busy: float, **more: Any) -> Tried:
    return Tried(Action("Button", label, 0), busy, **more)


def chosen(*found: Tried, opening: float = 0.2, **labels: str) -> Choice:
    return choose(Findings(opening, list(found)), **labels)


def test_the_longest_is_heavy_and_the_shortest_that_show_their_end_are_light() -> None:
    ending = Ending(("HTML", "text"), 1)
    slow, quick, silent = tried("a", 5.0), tried("b", 0.4, ending=ending), tried("c", 0.1)
    found = chosen(slow, quick, silent, tried("d", 4.0, ending=ending))
    assert found.heavy.name == 'click "a"'
    assert [task.name for task in found.light] == ['click "b"', 'click "c"']


def test_what_failed_is_neither() -> None:
    found = chosen(tried("a", 0.0, error="it raised"), tried("b", 1.0))
    assert found.heavy.name == 'click "b"'
    assert found.light[0].action is None


def test_without_anything_to_press_opening_the_page_is_heavy() -> None:
    assert chosen().heavy.name == OPENING
    assert chosen(tried("a", 0.1), opening=3.0).heavy.name == OPENING
    assert chosen(tried("a", 2.0), opening=3.0).heavy.name == 'click "a"'


def test_labels_that_were_asked_for_win() -> None:
    found = chosen(tried("a", 5.0), tried("b", 1.0), tried("c", 0.1), quick="B", heavy="C")
    assert (found.heavy.name, [task.name for task in found.light]) == ('click "c"', ['click "b"'])
