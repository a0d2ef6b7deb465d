"""Compares how an app is served plainly and by Berth: serve, try, drive, judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from loadtests.compare.blame import Culprit, culprits
from loadtests.compare.choice import Choice, choose
from loadtests.compare.drive import Drive
from loadtests.compare.trial import Findings, Trial
from loadtests.compare.verdict import Verdict, judge
from loadtests.compare.waiting import Outcome, outcome
from loadtests.compare.wish import Wish
from loadtests.servers import AppFailed, Server, script_name, serving
from loadtests.steps import StepFailed

LONGEST = 150.0
"""Seconds after which no further bout begins."""


@dataclass(frozen=True)
class Comparison:
    """All that was found out, in ``seconds``; ``bouts`` is how often others worked beside the heavy visitor."""

    wish: Wish
    verdict: Verdict
    choice: Choice
    findings: Findings
    plain: Outcome
    berth: Outcome
    culprits: tuple[Culprit, ...]
    problems: tuple[tuple[str, str], ...]
    bouts: int
    seconds: float


def compare(wish: Wish, say: Callable[[str], None]) -> Comparison:
    """Serve, try, drive and judge; ``say`` hears how far it is.

    Raises AppFailed where the app cannot be served, ConfigurationError where
    nothing has a label that was asked for.
    """
    began = time.perf_counter()
    guests = wish.visitors + 1
    say(f"starting {', '.join(map(script_name, wish.scripts))} with panel serve and with Berth")
    with serving(wish.scripts, guests + 1) as (plain, berth):
        findings = _try(berth, wish, say)
        choice = choose(findings, wish.quick, wish.heavy)
        drive = Drive([plain, berth], wish, choice, say)
        log = _drive(drive, berth, began + LONGEST)
        _check(plain)
    record = drive.record
    sides = [outcome(record, server.name, guests) for server in (plain, berth)]
    return Comparison(
        wish=wish,
        verdict=judge(sides[0], sides[1], choice),
        choice=choice,
        findings=findings,
        plain=sides[0],
        berth=sides[1],
        culprits=tuple(culprits(log)),
        problems=tuple(dict.fromkeys(record.problems)),
        bouts=record.bouts,
        seconds=time.perf_counter() - began,
    )


def _try(berth: Server, wish: Wish, say: Callable[[str], None]) -> Findings:
    wanted = [label for label in (wish.quick, wish.heavy) if label]
    say("trying " + (" and ".join(wanted) if wanted else "what can be pressed and set"))
    return Trial(berth, wish.path, say, wanted).run()


def _drive(drive: Drive, berth: Server, deadline: float) -> list[str]:
    """Drive both servers; return what Berth logged meanwhile, without what the visitors' coming did."""
    try:
        drive.come()
        logged = len(berth.lines)
        drive.run(deadline)
    except StepFailed as error:
        words = f"The server's last lines:\n{berth.last_words()}"
        raise AppFailed(f"A visitor could not come: {error}. {words}") from error
    finally:
        drive.leave()
    return berth.lines[logged:]


def _check(server: Server) -> None:
    if failure := server.failure():
        raise failure
