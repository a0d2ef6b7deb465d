"""The pages of a berth: which visitor each session belongs to, and what the supervisor hears of it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from bokeh.server.contexts import ApplicationContext
from bokeh.server.session import ServerSession

from berth.replica.link import Link
from berth.tickets import Visitor


def page_id(session_id: str) -> str:
    """Return the name of a session's page: says nothing about the session's id."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:16]


@dataclass
class Page:
    """One page of a visitor; ``connected`` is whether its WebSocket was open once."""

    id: str
    visitor: Visitor
    session: ServerSession
    context: ApplicationContext
    connected: bool = False


class Pages:
    """All pages whose sessions live."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._pages: dict[str, Page] = {}

    def __iter__(self):  # type: ignore[no-untyped-def]  # Iterator[Page]
        return iter(list(self._pages.values()))

    def opening(self, visitor: Visitor) -> str:
        """Say that a page is being made; returns a name for ``opened``."""
        name = secrets.token_hex(8)
        self._report(name, visitor, "opening")
        return name

    def opened(self, name: str, visitor: Visitor) -> None:
        """Say that the answer for ``opening`` was given, well or not."""
        self._report(name, visitor, "closed")

    def add(self, session: ServerSession, visitor: Visitor, context: ApplicationContext) -> Page:
        """Note a new session."""
        page = Page(page_id(session.id), visitor, session, context)
        self._pages[page.id] = page
        session.document.on_session_destroyed(lambda session_context: self._remove(page))
        self._report(page.id, visitor, "served")
        return page

    def of(self, session_id: str) -> Page | None:
        """Return the page of a session, if it lives."""
        return self._pages.get(page_id(session_id))

    def connected(self, page: Page) -> None:
        """Say that the page's WebSocket is open."""
        page.connected = True
        self._report(page.id, page.visitor, "open")

    async def disconnected(self, page: Page) -> None:
        """Say that the page's last WebSocket closed, and end the session if it was left before."""
        if page.session.connection_count:
            return
        self._report(page.id, page.visitor, "lost")
        if page.session.expiration_requested:
            await self.left(page.id)

    async def left(self, name: str) -> None:
        """End the session of a page that says it was left."""
        page = self._pages.get(name)
        if page:
            page.session.request_expiration()
            await page.context._cleanup_sessions(10**12)

    def _remove(self, page: Page) -> None:
        self._pages.pop(page.id, None)
        self._report(page.id, page.visitor, "closed")

    def _report(self, page: str, visitor: Visitor, state: str) -> None:
        self._link.send(page=page, visitor=visitor.id, **{"is": state})
