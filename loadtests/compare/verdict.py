"""The answer in a sentence: whether this app gains by Berth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from loadtests.compare.choice import BARE, Choice, Task
from loadtests.compare.waiting import Outcome, Waiting

Answer = Literal["needed", "not needed", "hardly needed", "cores", "elsewhere"]

UNNOTICED = 0.15
"""Seconds of waiting that nobody notices."""

BRIEF = 0.5
"""Seconds of waiting that matter only where many visit at the same time."""

PAGE = 1.0
"""Seconds of waiting that nobody minds when they come from others opening the page, which happens once a visit."""

DISTURBING = 0.2
"""Share of all cores from which on other programs disturb what is measured."""

LARGE = 100.0
"""MiB for one visitor from which on it is said where they may come from."""

BUSY = 0.85
"""Share of all cores that is in use when cores are short."""


@dataclass(frozen=True)
class Verdict:
    """``sentence`` comes first in every report; ``reasons`` are further ones."""

    answer: Answer
    sentence: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Pair:
    """Waiting for the same kind of thing on both servers."""

    what: str
    plain: Waiting
    berth: Waiting

    @property
    def gains(self) -> bool:
        """Whether Berth makes it half as long at least."""
        return self.berth.felt <= self.plain.felt / 2


def judge(plain: Outcome, berth: Outcome, choice: Choice) -> Verdict:
    """Judge by what was felt on both servers: of light tasks and of pages, by those that gain."""
    answer, sentence = _answer(plain, berth, choice)
    return Verdict(answer, sentence, tuple(_remarks(plain, berth, choice.heavy)))


def _answer(plain: Outcome, berth: Outcome, choice: Choice) -> tuple[Answer, str]:
    heavy = choice.heavy
    if plain.felt < (PAGE if heavy.opens else UNNOTICED):
        return "not needed", _not_needed(plain, heavy)
    gaining = [pair for pair in _pairs(plain, berth, choice) if pair.gains and pair.plain.felt >= UNNOTICED]
    if any(pair.plain.felt >= BRIEF for pair in gaining):
        return "needed", _needed(gaining)
    if plain.felt < BRIEF:
        return ("hardly needed", _hardly(plain, berth)) if gaining else ("not needed", _no_gain(plain, berth))
    if berth.load >= BUSY:
        return "cores", _cores(plain, berth)
    return "elsewhere", _elsewhere(plain, berth)


def _pairs(plain: Outcome, berth: Outcome, choice: Choice) -> Iterator[_Pair]:
    if plain.clicks and berth.clicks:
        yield _Pair("an answer" if choice.light == (BARE,) else "a click", plain.clicks, berth.clicks)
    if plain.pages and berth.pages:
        yield _Pair("a page", plain.pages, berth.pages)


def _needed(gaining: Sequence[_Pair]) -> str:
    """Say how long others waited; a click, if those gain, says best how many times as long."""
    first = gaining[0]
    times = f" ({first.what}: {first.plain.times:.1f} times as long)" if first.plain.times >= 1.5 else ""
    plain, berth = max(pair.plain.worst for pair in gaining), max(pair.berth.worst for pair in gaining)
    return f"Others waited up to {plain:.1f} s{times} with panel serve, and {berth:.1f} s with Berth."


def _not_needed(plain: Outcome, heavy: Task) -> str:
    if heavy.opens:
        return (
            f"You do not need Berth: others waited {plain.felt:.1f} s with panel serve while somebody opened the page, "
            "and opening it is the heaviest thing that was found."
        )
    return (
        f"You do not need Berth: beside the heaviest thing that was found ({heavy.name}, {heavy.busy:.1f} s) "
        f"others waited {plain.felt:.1f} s with panel serve."
    )


def _no_gain(plain: Outcome, berth: Outcome) -> str:
    return (
        "You do not need Berth, it would change little: "
        f"others waited {plain.felt:.2f} s with panel serve and {berth.felt:.2f} s with Berth."
    )


def _hardly(plain: Outcome, berth: Outcome) -> str:
    return (
        "You do not need Berth unless many visit at the same time: "
        f"others waited {plain.felt:.2f} s with panel serve, and {berth.felt:.2f} s with Berth."
    )


def _cores(plain: Outcome, berth: Outcome) -> str:
    return (
        "You do not need Berth, it would not help: visitors wait for cores, not for each other "
        f"({plain.felt:.1f} s with panel serve, {berth.felt:.1f} s with Berth, {berth.load:.0%} of all cores in use). "
        "More cores or machines would."
    )


def _elsewhere(plain: Outcome, berth: Outcome) -> str:
    return (
        "You do not need Berth, it would not help: "
        f"others waited {plain.felt:.1f} s with panel serve and {berth.felt:.1f} s with Berth, though cores were free. "
        "They wait for something outside the app's process, such as a database or a file."
    )


def _remarks(plain: Outcome, berth: Outcome, heavy: Task) -> Iterator[str]:
    if heavy.opens:
        yield "Nothing was found to press that takes longer than opening the page, so the page is what was judged."
    if plain.felt >= UNNOTICED and berth.felt > UNNOTICED and berth.load >= BUSY:
        yield f"With Berth {berth.load:.0%} of all cores were in use: what waiting is left is for cores."
    others = max(plain.others, berth.others)
    if others > DISTURBING:
        yield (
            f"Other programs used {others:.0%} of this machine meanwhile, so all times are longer than they need be. "
            "Repeat it on a quiet machine."
        )
    if berth.cost.memory > LARGE and berth.cost.memory > 2 * plain.cost.memory:
        yield (
            f"Each visitor takes {berth.cost.memory:.0f} MiB with Berth and {max(0.0, plain.cost.memory):.0f} MiB "
            "with panel serve: data that the script loads itself is loaded once a visitor. "
            "In a module beside the script, named in BERTH_PRELOAD, it is loaded once for all."
        )
