"""The answer: whether anybody waited for anybody else."""

from __future__ import annotations

from loadtests.report import words
from loadtests.report.isolation import Isolation
from loadtests.report.page import Tone

NOTABLE = 1.25
"""Times as long as alone from which on a task is worth a word though nobody notices the difference."""

FEW, MANY = 0.05, 0.5
"""Shares of the tasks that waited: up to the one hardly anybody did, beyond the other it was the rule."""


def sentence(found: Isolation) -> str:
    """Return the answer in a sentence or two."""
    if found.median is None or found.share is None:
        return f"This run does not tell whether anybody waited for anybody else: {found.reason}."
    return f"{_who(found)}{_failed(found)}"


def tone(found: Isolation) -> Tone:
    """Return whether that is good."""
    if found.share is None:
        return "plain"
    return "good" if found.share <= FEW and not found.failed else "bad"


def _who(found: Isolation) -> str:
    times = f"a quick task took {found.median:.1f} times as long beside a heavy one of somebody else as alone"
    assert found.share is not None
    assert found.median is not None
    if found.share > MANY:
        return f"Others waited: {times}, and up to {words.duration(found.wait)} longer."
    if found.waited:
        who = "Hardly anybody waited" if found.share <= FEW else "Some waited"
        all_beside = found.beside + found.failed
        return (
            f"{who}: {found.waited:,} of {words.counted(all_beside, 'quick task')} beside a heavy one of somebody else "
            f"took noticeably longer than alone, up to {words.duration(found.wait)}. The median took "
            f"{found.median:.1f} times as long."
        )
    if found.median >= NOTABLE:
        return f"Nobody waited noticeably: {times}, which is at most {words.duration(found.wait)} more."
    return f"Nobody waited: {times}."


def _failed(found: Isolation) -> str:
    return f" {words.counted(found.failed, 'quick task')} beside a heavy one failed." if found.failed else ""
