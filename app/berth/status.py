"""What a supervisor says of itself: the JSON of ``/status``, shared by replica, lobby and controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from berth.errors import SupervisorUnreachable

STARTING = "The dashboards are being started."
"""What is said until a replica is ready, where it knows no problem."""


@dataclass(frozen=True)
class App:
    """A dashboard: the path it is served at (``/explorer``) and its title."""

    path: str
    title: str


@dataclass(frozen=True)
class BerthStatus:
    """One berth process.

    ``number`` names this very process; ``state`` is ``starting``, ``ready``,
    ``ending`` or ``failed``; ``blocked`` is how long (s) its event loop has
    not reacted, 0 when it does; ``visitors`` are visitor ids.
    """

    name: str
    number: int
    port: int
    pid: int
    state: str
    blocked: float
    visitors: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """A replica: seats in all (up to the most berths), taken and free now, and its berths.

    ``ready`` seats are free in a fresh berth and can be given at once;
    ``problem`` says why there are none, in a sentence without secrets or
    tracebacks, or is empty.
    """

    seats: int
    taken: int
    ready: int
    draining: bool
    cordoned: bool
    problem: str
    apps: tuple[App, ...]
    berths: tuple[BerthStatus, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain dictionaries and lists."""
        # dataclasses.asdict would copy everything deeply, which takes longer than all the rest of an answer.
        apps, berths = [vars(app) for app in self.apps], [vars(berth) for berth in self.berths]
        return {**vars(self), "apps": apps, "berths": berths}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Status:
        """Read what ``as_json`` wrote. Raises SupervisorUnreachable for anything else."""
        try:
            apps = tuple(App(**app) for app in data["apps"])
            berths = tuple(BerthStatus(**{**berth, "visitors": tuple(berth["visitors"])}) for berth in data["berths"])
            return cls(**{**data, "apps": apps, "berths": berths})
        except (KeyError, TypeError) as error:
            raise SupervisorUnreachable(f"the status is not one: {error}") from None
