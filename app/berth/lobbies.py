"""What the controller and the lobbies say to each other: who waits, and which replicas there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tornado.httpclient import HTTPClientError

from berth.calls import call
from berth.errors import LobbyUnreachable
from berth.tickets import Keys


@dataclass(frozen=True, order=True)
class Waiting:
    """A visitor in a queue, by id, and the time of arrival (s since the epoch). Sorts by arrival."""

    arrived: float
    visitor: str


@dataclass(frozen=True)
class Replica:
    """A supervisor's operations port; ``newest`` is whether it runs the newest version."""

    host: str
    port: int
    newest: bool = True


@dataclass(frozen=True)
class News:
    """What the controller tells every lobby.

    ``replicas`` are all that run, those that end included; ``waiting`` are the
    queues of all lobbies; ``coming`` is how many seats are being made;
    ``problem`` says to visitors why there are not more, or is empty.
    """

    replicas: tuple[Replica, ...]
    waiting: tuple[Waiting, ...]
    coming: int
    problem: str

    def as_json(self) -> dict[str, Any]:
        """Return plain dictionaries and lists."""
        return {**asdict(self), "waiting": write_waiting(self.waiting)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> News:
        """Read what ``as_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        replicas = tuple(Replica(**one) for one in data["replicas"])
        return cls(replicas, read_waiting(data["waiting"]), int(data["coming"]), str(data["problem"]))


@dataclass(frozen=True)
class Lobby:
    """One lobby's operations port."""

    host: str
    port: int
    keys: Keys

    async def tell(self, news: News) -> None:
        """Say which replicas there are and who waits elsewhere. Raises LobbyUnreachable."""
        try:
            await call(self.keys, self.host, self.port, "/fleet", news.as_json())
        except HTTPClientError as error:
            raise LobbyUnreachable(f"{self.host}:{self.port}/fleet answered {error.code}") from error
        except (OSError, ValueError) as error:
            raise LobbyUnreachable(f"{self.host}:{self.port} did not answer: {error}") from error


def write_waiting(waiting: Iterable[Waiting]) -> list[tuple[str, float]]:
    """Return pairs of visitor and arrival, which ``read_waiting`` reads."""
    return [(one.visitor, one.arrived) for one in waiting]


def read_waiting(pairs: object) -> tuple[Waiting, ...]:
    """Read pairs of visitor and arrival. Raises TypeError or ValueError."""
    if not isinstance(pairs, list):
        raise TypeError("the queue is no list")
    return tuple(Waiting(float(arrived), str(visitor)) for visitor, arrived in pairs)
