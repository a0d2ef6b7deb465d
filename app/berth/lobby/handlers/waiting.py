"""The waiting room: a page, and the WebSocket through which it is called in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import replace
from urllib.parse import urlsplit

from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from berth.lobby.destination import with_next
from berth.lobby.handlers.base import GUEST, Handler
from berth.lobby.handlers.door import Doorway
from berth.lobby.queue import Entry, QueueFull
from berth.tickets import Visitor

NOT_LOGGED_IN = 4401
"""Close code: the page goes to the login."""

RETRY = 1.5
"""Seconds before a page whose berth did not answer tries it again."""

TRY_LATER = 1013
RESTARTING = 1012


class WaitingHandler(Doorway):
    """``/berth/waiting?next=…``."""

    async def get(self) -> None:
        """Let in who may come in; show everybody else the waiting room."""
        visitor = self.visitor()
        if visitor and await self.seated(visitor, self.ticket(visitor)):
            self.see_other(self.target)
        elif visitor:
            self._show(visitor)
        elif self.lobby.open_house:
            guest = Visitor.new(GUEST)
            self.remember(guest)
            self._show(guest)
        else:
            self.to_login(self.target)

    def _show(self, visitor: Visitor) -> None:
        usher = self.lobby.usher
        arrived = usher.arrivals.of(visitor)
        place = of = usher.length + 1
        if not self.lobby.open_house:
            arrived, place = self._join(visitor)
            of = usher.length
        self.remember_arrival(replace(visitor, arrived=arrived))
        self.take_ticket()
        self.show(
            "waiting",
            place=place,
            of=of,
            waited=max(time.time() - arrived, 0),
            reason="unreachable" if self.unanswered else usher.reason(),
            pause=RETRY if self.unanswered else 0,
            problem=self.lobby.fleet.problem,
            shortage=self.lobby.fleet.shortage,
            stamp=usher.arrivals.stamp(visitor, arrived),
            next=self.target,
            door=self.path_of("/berth/seat"),
            socket=self.path_of("/berth/waiting/ws"),
            refresh=with_next(self.path_of("/berth/seat"), self.target) if not self.lobby.open_house else "",
        )

    def _join(self, visitor: Visitor) -> tuple[float, int]:
        try:
            entry = self.lobby.usher.wait(visitor)
        except QueueFull:
            raise HTTPError(503) from None
        return entry.arrived, self.lobby.usher.place(entry)


class WaitingSocket(Handler, WebSocketHandler):
    """``/berth/waiting/ws``: a visitor waits while it is open."""

    entry: Entry | None = None
    said: str = ""

    def check_origin(self, origin: str) -> bool:
        """Take only pages of ours."""
        host = urlsplit(origin).netloc
        return host == self.request.host or host in self.options_set.origins

    def open(self, *args: str, **kwargs: str) -> None:
        """Join the queue, in the place that the visitor had."""
        self.set_nodelay(True)
        visitor = self.visitor()
        if visitor is None:
            self.close(NOT_LOGGED_IN)
            return
        try:
            self.entry = self.lobby.usher.wait(visitor, self.get_query_argument("stamp", ""))
            self.lobby.usher.open(self.entry, self)
        except QueueFull:
            self.close(TRY_LATER)

    def on_message(self, message: str | bytes) -> None:
        """Ignore everything: a waiting page only listens."""

    def on_close(self) -> None:
        """Leave the queue, soon."""
        if self.entry:
            self.lobby.usher.close(self.entry, self)

    def tell(self, **news: object) -> None:
        """Send news that the page does not have; the time it counts by itself."""
        said = json.dumps({name: value for name, value in news.items() if name not in ("waited", "stamp")})
        if said != self.said or "stamp" in news:
            self.said = said
            self._send(news)

    def go(self) -> None:
        """Send the page to its seat."""
        self._send({"go": self.target})

    def _send(self, message: dict[str, object]) -> None:
        with contextlib.suppress(WebSocketClosedError):
            sending = asyncio.ensure_future(self.write_message(message))
            sending.add_done_callback(_forget)


def _forget(sending: asyncio.Future[None]) -> None:
    # The page may be closed before the message is out; its place is then kept by ``on_close``.
    if not sending.cancelled():
        sending.exception()
