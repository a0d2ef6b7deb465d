"""What open dashboards tell the lobby, and ask it, in the background."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from tornado.web import HTTPError

from berth.errors import SeatUnavailable, SupervisorUnreachable, TicketError
from berth.lobby.handlers.base import Handler
from berth.supervisors import Supervisor
from berth.tickets import VISITOR_COOKIE, Visitor

LONGEST_NAME = 200
"""Characters of a page's name."""


class Beacon(Handler):
    """A message that wants no answer; it is passed on to the supervisor of the visitor's seat."""

    def post(self) -> None:
        """Answer at once, whatever the supervisor does."""
        if not self.comes_from_here():
            raise HTTPError(403)
        self.set_status(204)
        try:
            # A login may run out while a page is open; the seat is still this visitor's.
            visitor = self.lobby.keys.read_visitor(self.sent_cookies.get(VISITOR_COOKIE, ""))
            ticket = self.lobby.keys.seat(self.sent_cookies, visitor)
        except TicketError:
            return
        self.lobby.fleet.errand(self.call(self.lobby.fleet.supervisor(ticket), visitor))

    def call(self, supervisor: Supervisor, visitor: Visitor) -> Coroutine[Any, Any, None]:
        """Return the call that passes the message on."""
        raise NotImplementedError

    def check_xsrf_cookie(self) -> None:
        """Need no token: a beacon cannot carry one, and ``post`` looks at the origin instead."""


class LeftHandler(Beacon):
    """``/berth/left``: a page was left."""

    def call(self, supervisor: Supervisor, visitor: Visitor) -> Coroutine[Any, Any, None]:
        """Return the call."""
        return supervisor.left(visitor, self.get_body_argument("page", "")[:LONGEST_NAME])


class ActiveHandler(Beacon):
    """``/berth/active``: the visitor did something."""

    def call(self, supervisor: Supervisor, visitor: Visitor) -> Coroutine[Any, Any, None]:
        """Return the call."""
        return supervisor.active(visitor)


class PageHandler(Handler):
    """``/berth/page?page=…``: whether a page that lost its connection still has its session."""

    async def get(self) -> None:
        """Answer ``{"state": …}``: ``here``, why it is gone, or ``unknown``."""
        self._allow_embedding_pages()
        visitor = self.visitor()
        ticket = self.ticket(visitor) if visitor else None
        if ticket is None:
            self.finish({"state": "gone"})
            return
        page = self.get_query_argument("page", "")[:LONGEST_NAME]
        try:
            state = await self.lobby.fleet.supervisor(ticket).page(ticket, page)
        except (SeatUnavailable, SupervisorUnreachable):
            state = "unknown"
        self.finish({"state": state})

    def _allow_embedding_pages(self) -> None:
        origin = self.request.headers.get("Origin", "")
        if origin in self.options_set.embed_origins:
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Access-Control-Allow-Credentials", "true")
            self.set_header("Vary", "Origin")
