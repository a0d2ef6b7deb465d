"""Which of the things that were tried the heavy visitor does, and which the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.compare.actions import Action
from loadtests.compare.guest import LIMIT, Ending
from loadtests.compare.trial import OPENING, Findings, Tried

LONG_PAGE = 1.0
"""Seconds for which opening a page keeps a server from which on that may be the heaviest there is."""

MOST_LIGHT = 2
"""Different things that light visitors do."""

BRISK = 1.0
"""Seconds that a second light task may take, since all are repeated."""

LIGHT = 0.3
"""Seconds that something may take and still be light beside anything; else half of what the heavy one takes."""


@dataclass(frozen=True)
class Task:
    """What somebody does again and again. Without ``action`` it is opening the page, or a bare message.

    ``busy`` is how long it kept a server (s) when it was tried, alone.
    """

    name: str
    busy: float
    action: Action | None = None
    ending: Ending | None = None

    @property
    def opens(self) -> bool:
        """Whether it is opening the page."""
        return self.name == OPENING


BARE = Task("send a bare message, which needs nothing done", 0.0)


@dataclass(frozen=True)
class Choice:
    """The heavy task and the light ones."""

    heavy: Task
    light: tuple[Task, ...]


def choose(findings: Findings, quick: str = "", heavy: str = "") -> Choice:
    """Choose. ``quick`` and ``heavy`` are labels that were asked for, each empty or one of those that were tried."""
    useful = findings.useful
    most = _heaviest(findings, heavy)
    others = [one for one in useful if one.action != (most.action if most else None) and not one.unfinished]
    if quick:
        others = [one for one in others if one.action.label.casefold() == quick.casefold()]
    elif most:
        others = [one for one in others if one.busy <= max(LIGHT, most.busy / 2)]
    light = tuple(_task(one) for one in _lightest(others)) or (BARE,)
    return Choice(_task(most) if most else Task(OPENING, findings.opening), light)


def _heaviest(findings: Findings, label: str) -> Tried | None:
    """Return what takes longest, or None where that is opening the page."""
    found = [one for one in findings.useful if not label or one.action.label.casefold() == label.casefold()]
    most = max(found, key=lambda one: one.busy, default=None)
    page_is_longer = findings.opening > LONG_PAGE and (not most or findings.opening > 2 * most.busy)
    return None if page_is_longer and not label else most


def _lightest(found: Sequence[Tried]) -> list[Tried]:
    """Return what is done soonest, and of that first what shows its end."""
    ordered = sorted(found, key=lambda one: (one.ending is None, one.busy))
    return [*ordered[:1], *(one for one in ordered[1:] if one.busy <= BRISK)][:MOST_LIGHT]


def _task(tried: Tried) -> Task:
    return Task(tried.action.name, min(tried.busy, LIMIT), tried.action, tried.ending)
