"""Calls to lobbies' operations ports: the controller asks who waits, and says which replicas there are."""

from __future__ import annotations

from collections.abc import Mapping
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
        waiting = [[one.visitor, one.arrived] for one in self.waiting]
        return {**asdict(self), "waiting": waiting}

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

    async def waiting(self) -> tuple[Waiting, ...]:
        """Return who waits there. Raises LobbyUnreachable."""
        answer = await self._call("/status")
        try:
            return read_waiting(answer["waiting"])
        except (KeyError, TypeError, ValueError) as error:
            raise LobbyUnreachable(f"{self.host}:{self.port} answered nonsense: {error}") from None

    async def tell(self, news: News) -> None:
        """Say which replicas there are and who waits elsewhere. Raises LobbyUnreachable."""
        await self._call("/fleet", news.as_json())

    async def _call(self, path: str, arguments: object = None) -> dict[str, Any]:
        try:
            return await call(self.keys, self.host, self.port, path, arguments)
        except HTTPClientError as error:
            raise LobbyUnreachable(f"{self.host}:{self.port}{path} answered {error.code}") from error
        except (OSError, ValueError) as error:
            raise LobbyUnreachable(f"{self.host}:{self.port} did not answer: {error}") from error


def read_waiting(pairs: object) -> tuple[Waiting, ...]:
    """Read pairs of visitor and arrival. Raises TypeError or ValueError."""
    if not isinstance(pairs, list):
        raise TypeError("the queue is no list")
    return tuple(Waiting(float(arrived), str(visitor)) for visitor, arrived in pairs)
