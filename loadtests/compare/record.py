"""What was measured while visitors were driven."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from loadtests.cost import Cost

ALONE = -1
"""In place of a bout's number: nobody else was there."""


@dataclass(frozen=True)
class Sample:
    """One light task: in which ``bout``, and the ``seconds`` until it was done, or given up at the limit."""

    server: str
    visitor: str
    task: str
    bout: int
    seconds: float


@dataclass(frozen=True)
class Load:
    """How busy the machine was during a bout: ``share`` of all cores, 0 to 1; of it ``others`` by programs not ours."""

    server: str
    share: float
    others: float


@dataclass
class Record:
    """All of it. ``costs`` are those of a server before and after its visitors came, ``problems`` failures in words."""

    samples: list[Sample] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    costs: dict[str, tuple[Cost, Cost]] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    bouts: int = 0

    def forget(self, tasks: Collection[str]) -> None:
        """Drop what was measured of these tasks."""
        self.samples = [sample for sample in self.samples if sample.task not in tasks]
