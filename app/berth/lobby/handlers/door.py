"""The door: a visitor who comes without a ticket gets one, or waits, or logs in first."""

from __future__ import annotations

from dataclasses import replace

from tornado.web import HTTPError

from berth.lobby.destination import destination, with_next
from berth.lobby.handlers.base import GUEST, Handler
from berth.tickets import Ticket, Visitor


class Doorway(Handler):
    """Handlers that lead to a seat. ``unanswered`` is set when nobody was found at the visitor's seat."""

    unanswered = False

    async def enter(self, target: str) -> None:
        """Send whoever asks to ``target`` with a ticket, to the waiting room or to the login."""
        visitor = self.visitor()
        if visitor:
            await self.enter_as(visitor, target, self.ticket(visitor))
        elif self.lobby.open_house:
            # A seat is taken only once the waiting page is open, so that bots take none.
            self.remember(Visitor.new(GUEST))
            self.to_waiting(target)
        else:
            self.to_login(target)

    async def enter_as(self, visitor: Visitor, target: str, spent: Ticket | None = None) -> None:
        """Send a visitor to ``target`` with a ticket, or to the waiting room."""
        if await self.seated(visitor, spent):
            self.see_other(target)
        else:
            self.to_waiting(target)

    async def seated(self, visitor: Visitor, spent: Ticket | None) -> bool:
        """Give a ticket if there is a seat now; say whether there was.

        ``spent`` is the ticket with which the browser came back to the lobby: the
        router found nobody there. The same one again would lead in a circle that
        ends in the browser's error; the waiting page tries more slowly.
        """
        ticket = await self.lobby.usher.seat(visitor)
        self.unanswered = ticket is not None and ticket == spent
        if ticket is None or self.unanswered:
            return False
        self.give_ticket(ticket)
        if visitor.arrived:
            self.remember_arrival(replace(visitor, arrived=0.0))
        return True

    def to_waiting(self, target: str) -> None:
        """Send the browser to the waiting room."""
        self.see_other(with_next(self.path_of("/berth/waiting"), target))


class SeatHandler(Doorway):
    """``/berth/seat?next=…``."""

    async def get(self) -> None:
        """Give a ticket and send the browser on."""
        await self.enter(self.target)


class AnyHandler(Doorway):
    """Every other path: a dashboard's, asked for without a ticket."""

    async def get(self, path: str = "") -> None:
        """Treat a page as the door does; anything else takes no seat."""
        if not self.wants_page:
            raise HTTPError(403)
        await self.enter(destination(self.request.uri or "", self.options_set.prefix))

    def head(self, path: str = "") -> None:
        """Answer a watchdog without taking a seat."""

    def post(self, path: str = "") -> None:
        """Answer 403: without a ticket there is nobody to send it to."""
        raise HTTPError(403)

    put = patch = delete = options = post

    def check_xsrf_cookie(self) -> None:
        """Need no token: nothing is done here."""
