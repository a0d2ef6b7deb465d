"""One of the two servers with its visitors, and what they do there."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

import psutil

from loadtests.compare.choice import Choice, Task
from loadtests.compare.guest import LIMIT, Guest, together
from loadtests.compare.record import ALONE, Load, Record, Sample
from loadtests.compare.trial import OPENING
from loadtests.servers import Server
from loadtests.steps import StepFailed

Kind = Literal["click", "open"]
"""What the others do beside the heavy visitor: light tasks, or open pages."""

REPEATED = 4.0
"""Seconds that a light task is repeated alone, but twice at least and no more than four times."""

SHORTEST = 2.0
"""Seconds of a bout at least."""

HEAD_START = 0.3
"""Seconds after which the others begin at the latest, once the heavy visitor has."""

FREE = 0.5
"""Seconds in which a server that is not blocked answers a bare message."""

PAUSES = (0.05, 0.25)
"""Seconds between what a visitor does, from … to."""

LONGEST_REST = 1.0
"""Seconds that a light visitor rests at most besides: twice what the last task took, so that three take one core."""

PAGE = Task(OPENING, 0.0)


class Side:
    """A server and its visitors: a heavy one and others. What they measure goes into ``record``."""

    def __init__(self, server: Server, path: str, choice: Choice, visitors: int, record: Record) -> None:
        self.server = server
        self.choice = choice
        self.record = record
        self.heavy = Guest(server, path, "heavy")
        self.others = [Guest(server, path, f"light-{number + 1}") for number in range(visitors)]
        self._chance = random.Random(1)

    @property
    def guests(self) -> list[Guest]:
        """All visitors."""
        return [self.heavy, *self.others]

    def arrive(self) -> None:
        """Have all visitors come, and note what that costs the server. Raises StepFailed."""
        self.server.settle(0)
        before = self.server.cost()
        together(self.guests)
        self.server.settle(len(self.guests))
        self.record.costs[self.server.name] = (before, self.server.cost())

    def alone(self) -> set[str]:
        """Have one light visitor do everything while the others do nothing; return the tasks that failed."""
        failed = set()
        for task in (*self.choice.light, PAGE):
            for _ in range(_times_alone(task)):
                if self._sample(self.others[0], task, ALONE) is None:
                    failed.add(task.name)
                    break
        return failed

    def bout(self, number: int, kinds: Sequence[Kind]) -> None:
        """Have the heavy visitor work and the others do what light visitors do, until the heavy one is done."""
        over = threading.Event()
        runs: list[Callable[[], None]] = [lambda: self._work(over)]
        opening = self.others[-1:] if "open" in kinds else []
        if "click" in kinds:
            runs += [
                self._doing(self.choice.light, guest, number, over) for guest in self.others if guest not in opening
            ]
        runs += [self._doing((PAGE,), guest, number, over) for guest in opening]
        with self._watching_load():
            _at_once(runs)

    @contextmanager
    def _watching_load(self) -> Iterator[None]:
        """Note how busy the machine is meanwhile, and with what."""
        psutil.cpu_percent()
        began, before = time.perf_counter(), self.server.cpu() + time.process_time()
        yield
        share = psutil.cpu_percent() / 100
        ours = self.server.cpu() + time.process_time() - before
        ours /= (time.perf_counter() - began) * (psutil.cpu_count() or 1)
        self.record.loads.append(Load(self.server.name, share, max(0.0, share - ours)))

    def leave(self) -> None:
        """Have everybody leave; who cannot is cut off."""
        for guest in self.guests:
            with suppress(StepFailed):
                guest.leave()

    def _work(self, over: threading.Event) -> None:
        """Do the heavy task, again and again if it is short."""
        until = time.perf_counter() + SHORTEST
        try:
            while True:
                self._heave()
                if time.perf_counter() > until:
                    return
                time.sleep(self._chance.uniform(*PAUSES))
        except (StepFailed, LookupError) as error:
            self.record.problems.append((self.server.name, f"{self.choice.heavy.name}: {error}"))
        finally:
            over.set()

    def _heave(self) -> None:
        """Do the heavy task once. Where its end does not show it is given the time that it took when it was tried."""
        task, began = self.choice.heavy, time.perf_counter()
        try:
            _do(self.heavy, task, min(LIMIT, 1.5 * task.busy + 3.0))
        except StepFailed:
            if task.opens or self.heavy.tab.lost:
                raise
        if not task.opens and not task.ending:
            time.sleep(max(0.0, task.busy - (time.perf_counter() - began)))

    def _doing(self, tasks: Sequence[Task], guest: Guest, bout: int, over: threading.Event) -> Callable[[], None]:
        """Return what a light visitor does until it is over: the tasks in turn, with rests."""

        def run() -> None:
            over.wait(min(HEAD_START, self.choice.heavy.busy / 10) + self._chance.uniform(*PAUSES))
            turn = 0
            while not over.is_set():
                took = self._sample(guest, tasks[turn % len(tasks)], bout)
                turn += 1
                over.wait(self._chance.uniform(*PAUSES) + min(LONGEST_REST, 2 * (took or LONGEST_REST)))

        return run

    def _sample(self, guest: Guest, task: Task, bout: int) -> float | None:
        """Do a task, note how long it took, and return that; None where that cannot be known."""
        began = time.perf_counter()
        limit = 3 * task.busy + 1.0 if bout == ALONE else self._patience(task)
        try:
            seconds = _do(guest, task, limit)
        except (StepFailed, LookupError) as error:
            seconds = time.perf_counter() - began
            if bout == ALONE or seconds < limit or _answers(guest):
                self.record.problems.append((self.server.name, f"{task.name}: {error}"))
                return None
        self.record.samples.append(Sample(self.server.name, guest.visitor.name, task.name, bout, seconds))
        return seconds

    def _patience(self, task: Task) -> float:
        """Return after how long a light task beside the heavy one is given up (s): when its turn must have come."""
        return min(LIMIT, 2 * self.choice.heavy.busy + (len(self.others) + 3) * task.busy + 3.0)


def _times_alone(task: Task) -> int:
    """Return how often a light task is done alone."""
    if task.opens:
        return 2
    return max(2, min(4, int(REPEATED / max(task.busy, 0.01))))


def _do(guest: Guest, task: Task, limit: float) -> float:
    if task.opens:
        return guest.glance()
    return guest.do(task.action, task.ending, limit) if task.action else guest.echo(limit)


def _answers(guest: Guest) -> bool:
    """Return whether the server is free, so that it was the sign of the end that was missed."""
    try:
        guest.echo(FREE)
    except StepFailed:
        return False
    return True


def _at_once(runs: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=run, daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    until = time.perf_counter() + 3 * LIMIT
    for thread in threads:
        thread.join(max(0.0, until - time.perf_counter()))
