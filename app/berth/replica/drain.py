"""How a replica ends: until when visitors may stay, and when they are warned. Without clocks and I/O."""

from __future__ import annotations

from dataclasses import dataclass

WARNING = 300.0
"""Seconds before the end at which visitors are warned; at once where there are fewer left."""


@dataclass
class Drain:
    """The end of a replica, ``grace`` seconds after it began. All times are of one monotonic clock, in seconds."""

    grace: float
    ends_at: float = float("inf")
    warned: bool = False

    @property
    def begun(self) -> bool:
        """Whether new visitors are refused."""
        return self.ends_at < float("inf")

    def begin(self, now: float) -> None:
        """Take no new visitor from now on."""
        self.ends_at = now + self.grace

    def over(self, now: float) -> bool:
        """Whether those who are still here must go."""
        return now >= self.ends_at

    def to_warn(self, now: float) -> bool:
        """Return whether the visitors are to be warned now, and note it: they are warned once."""
        if self.warned or now < self.ends_at - WARNING:
            return False
        self.warned = True
        return True
