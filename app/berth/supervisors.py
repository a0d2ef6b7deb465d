"""Calls to supervisors' operations ports, signed with the shared key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tornado.httpclient import HTTPClientError

from berth.calls import call
from berth.errors import SeatUnavailable, SupervisorUnreachable
from berth.status import Status
from berth.tickets import Keys, Ticket, Visitor


@dataclass(frozen=True)
class Supervisor:
    """One supervisor at ``host``:``port``."""

    host: str
    port: int
    keys: Keys

    async def status(self) -> Status:
        """Return the replica's status. Raises SupervisorUnreachable."""
        return Status.from_json(await self._call("/status"))

    async def reserve(self, visitor: Visitor) -> Ticket:
        """Return a ticket to a seat; the one that the visitor has, if there is one.

        Raises SeatUnavailable or SupervisorUnreachable.
        """
        answer = await self._post("/seats/reserve", visitor=visitor.id, user=visitor.user)
        return Ticket(visitor.user, visitor.id, answer["ip"], answer["port"], answer["berth"])

    async def release(self, visitor: Visitor, reason: str) -> None:
        """End the visitor's seat now; ``reason`` is ``"logout"`` or another word for the log."""
        await self._post("/seats/release", visitor=visitor.id, reason=reason)

    async def want(self, visitors: Sequence[Visitor]) -> None:
        """Name those who wait for seats that this supervisor could give, so that it starts berths for them.

        Good for a moment: it is said again while they wait.
        """
        await self._post("/seats/want", visitors=[visitor.id for visitor in visitors])

    async def left(self, visitor: Visitor, page: str) -> None:
        """Say that the visitor's browser left ``page``."""
        await self._post("/seats/left", visitor=visitor.id, page=page)

    async def active(self, visitor: Visitor) -> None:
        """Say that the visitor did something."""
        await self._post("/seats/active", visitor=visitor.id)

    async def page(self, ticket: Ticket, page: str) -> str:
        """Return ``"here"`` if the page's session lives in the ticket's berth, else why it is gone."""
        answer = await self._post("/seats/page", visitor=ticket.visitor, berth=ticket.berth, page=page)
        return str(answer["state"])

    async def cordon(self, on: bool) -> None:
        """Take no new visitor, if nobody is here (SeatUnavailable otherwise); or take them again."""
        await self._post("/cordon", on=on)

    async def _post(self, path: str, **arguments: object) -> dict[str, Any]:
        return await self._call(path, arguments)

    async def _call(self, path: str, arguments: object = None) -> dict[str, Any]:
        try:
            return await call(self.keys, self.host, self.port, path, arguments)
        except HTTPClientError as error:
            if error.code == 409 and error.response is not None:
                raise SeatUnavailable(_reason(error.response.body)) from None
            raise SupervisorUnreachable(f"{self.host}:{self.port}{path} answered {error.code}") from error
        except (OSError, ValueError) as error:
            raise SupervisorUnreachable(f"{self.host}:{self.port} did not answer: {error}") from error


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["reason"])
    except (ValueError, KeyError, TypeError):
        return "The supervisor gave no reason."
