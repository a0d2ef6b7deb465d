"""Drives both servers in turn: everybody alone first, then light visitors beside the heavy one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from loadtests.compare.choice import Choice
from loadtests.compare.record import Record
from loadtests.compare.side import SHORTEST, Kind, Side
from loadtests.compare.wish import Wish
from loadtests.servers import Server

AIM = 60.0
"""Seconds that all bouts should take."""

LONG = 8.0
"""Seconds of a heavy task beside which clicks and openings are measured at once, to save time."""

SLACK = 1.2
"""Seconds that a bout takes besides the heavy task."""


class Drive:
    """Has both servers' visitors work in turn, so that both meet the same machine."""

    def __init__(self, servers: Sequence[Server], wish: Wish, choice: Choice, say: Callable[[str], None]) -> None:
        self.record = Record()
        self.sides = [Side(server, wish.path, choice, wish.visitors, self.record) for server in servers]
        self._wish = wish
        self._say = say
        self._choice = choice

    def come(self) -> None:
        """Have all visitors come and measure what they do alone. Raises StepFailed where one cannot come."""
        for side in self.sides:
            self._say(f"{len(side.guests)} visitors come to {side.server.name}")
            side.arrive()
        self._alone()

    def leave(self) -> None:
        """Have all visitors leave that have come."""
        for side in self.sides:
            side.leave()

    def run(self, deadline: float) -> None:
        """Drive until enough is known, or until ``deadline`` (of time.perf_counter) would be passed."""
        kinds = self._kinds()
        lasts = len(kinds) * len(self.sides) * (max(self._choice.heavy.busy, SHORTEST) + SLACK)
        rounds = max(1, min(self._wish.rounds, round(AIM / lasts)))
        for number in range(rounds):
            if number and time.perf_counter() + 1.3 * lasts > deadline:
                return
            self._say(f"round {number + 1} of {rounds}: beside {self._choice.heavy.name}")
            self._round(kinds, deadline - lasts / len(kinds))
            if number:
                self._alone()

    def _round(self, kinds: Sequence[tuple[Kind, ...]], latest: float) -> None:
        """Have a bout of each kind on each side; but the first none that would begin after ``latest``."""
        for kind in kinds:
            if self.record.bouts and time.perf_counter() > latest:
                return
            for side in self.sides:
                side.bout(self.record.bouts, kind)
            self.record.bouts += 1

    def _kinds(self) -> list[tuple[Kind, ...]]:
        if self._choice.heavy.busy > LONG and self._wish.visitors > 1:
            return [("click", "open")]
        return [("click",), ("open",)]

    def _alone(self) -> None:
        """Measure light tasks alone. Where the end of one is not seen it is looked for no longer, and measured anew."""
        failed = set[str]().union(*(side.alone() for side in self.sides))
        doubtful = {task.name for task in self._choice.light if task.ending and task.name in failed}
        if not doubtful:
            return
        light = tuple(replace(task, ending=None) if task.name in doubtful else task for task in self._choice.light)
        self._choice = replace(self._choice, light=light)
        self.record.forget(doubtful)
        for side in self.sides:
            side.choice = self._choice
            side.alone()
