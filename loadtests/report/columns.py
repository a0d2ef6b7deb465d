"""Every step and sample of a run, in columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

WORKS = ("", "quick", "heavy")
QUICK, HEAVY = 1, 2
"""What a step measured, as it stands in ``Steps.work``."""


@dataclass(frozen=True)
class Steps:
    """Every step, in columns. Texts are numbers of ``visitors``, ``names`` and ``errors``; error 0 is none.

    Errors that differ in numbers only are one, in the words of the first.
    """

    at: Floats
    seconds: Floats
    visitor: Numbers
    name: Numbers
    work: Numbers
    size: Numbers
    error: Numbers
    visitors: tuple[str, ...]
    names: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def end(self) -> Floats:
        """When each ended."""
        return self.at + self.seconds

    def named(self, name: str) -> NDArray[np.bool_]:
        """Tell of each whether it is one of that name."""
        number = self.names.index(name) if name in self.names else -1
        found: NDArray[np.bool_] = self.name == number
        return found


@dataclass(frozen=True)
class Series:
    """What was measured now and then, in the order of time."""

    at: Floats
    value: Floats


@dataclass(frozen=True)
class Client:
    """Samples of the processes that played the visitors; ``worker`` are numbers of ``workers``."""

    at: Floats
    cpu: Floats
    delay: Floats
    sessions: Floats
    worker: Numbers
    workers: tuple[str, ...]
