"""What is to be compared."""

from __future__ import annotations

from dataclasses import dataclass

from loadtests.servers import script_name

ROUNDS = 3
"""More tell nothing new."""


@dataclass(frozen=True)
class Wish:
    """What is to be compared: ``scripts``, of which the page at ``path`` is judged; ``visitors`` beside the heavy one.

    ``quick`` and ``heavy`` are labels of what to press, each empty where that is to be found out; ``rounds`` is how
    often all is repeated at most.
    """

    scripts: tuple[str, ...]
    path: str
    visitors: int
    quick: str = ""
    heavy: str = ""
    rounds: int = ROUNDS

    @property
    def name(self) -> str:
        """The name of the script that is judged, or of its folder."""
        return script_name(self.scripts[0])
