"""Calls to supervisors' operations ports, signed with the shared key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from berth.errors import SeatUnavailable, SupervisorUnreachable
from berth.status import Status
from berth.tickets import Keys, Ticket, Visitor

PATIENCE = 3.0
"""Seconds to wait for an answer. A supervisor computes nothing, so it answers in milliseconds."""


@dataclass(frozen=True)
class Supervisor:
    """One supervisor at ``host``:``port``."""

    host: str
    port: int
    keys: Keys

    async def status(self) -> Status:
        """Return the replica's status. Raises SupervisorUnreachable."""
        return Status.from_json(await self._fetch("GET", "/status"))

    async def reserve(self, visitor: Visitor) -> Ticket:
        """Return a ticket to a seat; the one that the visitor has, if there is one.

        Raises SeatUnavailable or SupervisorUnreachable.
        """
        answer = await self._fetch("POST", "/seats/reserve", visitor=visitor.id, user=visitor.user)
        return Ticket(visitor.user, visitor.id, answer["ip"], answer["port"], answer["berth"])

    async def release(self, visitor: Visitor, reason: str) -> None:
        """End the visitor's seat now; ``reason`` is ``"logout"`` or another word for the log."""
        await self._fetch("POST", "/seats/release", visitor=visitor.id, reason=reason)

    async def want(self, visitors: Sequence[Visitor]) -> None:
        """Name those who wait for seats that this supervisor could give, so that it starts berths for them.

        Good for a moment: it is said again while they wait.
        """
        await self._fetch("POST", "/seats/want", visitors=[visitor.id for visitor in visitors])

    async def left(self, visitor: Visitor, page: str) -> None:
        """Say that the visitor's browser left ``page``."""
        await self._fetch("POST", "/seats/left", visitor=visitor.id, page=page)

    async def active(self, visitor: Visitor) -> None:
        """Say that the visitor did something."""
        await self._fetch("POST", "/seats/active", visitor=visitor.id)

    async def page(self, ticket: Ticket, page: str) -> str:
        """Return ``"here"`` if the page's session lives in the ticket's berth, else why it is gone."""
        answer = await self._fetch("POST", "/seats/page", visitor=ticket.visitor, berth=ticket.berth, page=page)
        return str(answer["state"])

    async def cordon(self, on: bool) -> None:
        """Take no new visitor, if nobody is here (SeatUnavailable otherwise); or take them again."""
        await self._fetch("POST", "/cordon", on=on)

    async def _fetch(self, method: str, path: str, **arguments: object) -> dict[str, Any]:
        body = json.dumps(arguments).encode() if method == "POST" else None
        headers = {"Authorization": f"Bearer {self.keys.sign_call(path, body)}"} if body else {}
        host = f"[{self.host}]" if ":" in self.host else self.host
        request = HTTPRequest(
            f"http://{host}:{self.port}{path}",
            method,
            headers,
            body,
            connect_timeout=PATIENCE,
            request_timeout=PATIENCE,
        )
        try:
            response = await AsyncHTTPClient().fetch(request)
            answer: dict[str, Any] = json.loads(response.body)
        except HTTPClientError as error:
            if error.code == 409 and error.response is not None:
                raise SeatUnavailable(_reason(error.response.body)) from None
            raise SupervisorUnreachable(f"{self.host}:{self.port}{path} answered {error.code}") from error
        except (OSError, ValueError) as error:
            raise SupervisorUnreachable(f"{self.host}:{self.port} did not answer: {error}") from error
        return answer


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["reason"])
    except (ValueError, KeyError, TypeError):
        return "The supervisor gave no reason."
