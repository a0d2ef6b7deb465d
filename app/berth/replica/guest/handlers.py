"""Panel's request handlers, with what Berth adds to each: ownership, resumption, notices."""

from __future__ import annotations

import logging
import re
import traceback
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bokeh.protocol.messages.pull_doc_reply import pull_doc_reply
from bokeh.server.session import ServerSession
from bokeh.server.views.metadata_handler import MetadataHandler
from bokeh.util.token import check_token_signature, get_session_id
from panel.io.server import AutoloadJsHandler, DocHandler, WSHandler
from panel.io.state import state
from tornado.ioloop import IOLoop
from tornado.web import HTTPError

from berth.replica.guest.pages import Page, Pages
from berth.replica.guest.problems import report

if TYPE_CHECKING:
    from berth.replica.guest.server import Guest

log = logging.getLogger("berth.guest")

MISSED_PONGS = 3
"""Pings in a row without an answer after which a connection counts as lost."""

LARGEST_BACKLOG = 64 * 2**20
STALLED_BEATS = 8
"""A connection is cut when more than so many bytes wait for it and, for so many beats, it took none of them."""

FOREIGN = frozenset({"cross-site", "same-site"})
"""Values of Sec-Fetch-Site with which a browser says that another site's page asks."""


class DashboardFailed(Exception):
    """A script that raised while a page was made."""


class Seated:
    """What page handlers share: the session belongs to the visitor, and the supervisor hears of it."""

    guest: Guest
    page: Page | None = None
    request: Any
    application_context: Any
    set_status: Any
    finish: Any

    @property
    def pages(self) -> Pages:
        """The pages of this berth."""
        return self.guest.pages

    async def get_session(self) -> ServerSession:
        """Run the dashboard for this visitor. Raises DashboardFailed."""
        context = self.application_context
        session: ServerSession = await super().get_session()  # type: ignore[misc]  # of the handler this is mixed into
        page = self.pages.add(session, self.request.visitor, context)
        failed = next((handler for handler in context.application.handlers if handler.failed), None)
        if failed:
            await self.pages.left(page.id)
            raise DashboardFailed(failed.error_detail or failed.error)
        document = session.document
        document.on_event("client_reconnected", partial(state._schedule_on_load, document))
        self.page = page
        return session

    async def answer(self, make: Any) -> None:
        """Await ``make``, telling the supervisor that a page is in the making; a failure becomes a notice."""
        visitor = self.request.visitor
        name = self.pages.opening(visitor)
        try:
            await make
        except DashboardFailed as error:
            self._fail(report(f"while {visitor.user}'s page was made", str(error)))
        except HTTPError:
            raise
        except Exception:
            self._fail(report(f"while {visitor.user}'s page was made", traceback.format_exc()))
        finally:
            self.pages.opened(name, visitor)

    def _fail(self, problem: str) -> None:
        self.page = None
        self.set_status(500)
        self.finish(self.guest.failure_page(problem, self.request.uri))


class PageHandler(Seated, DocHandler):
    """A dashboard's page."""

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Answer the page, with page.js in its head."""
        await self.answer(super().get(*args, **kwargs))

    def write(self, chunk: Any) -> None:
        """Put page.js before all other scripts."""
        if self.page and isinstance(chunk, str):
            chunk = _with_tag(chunk, self.guest.script_tag(self.page.id))
        super().write(chunk)


class EmbedHandler(Seated, AutoloadJsHandler):
    """The script with which a page of another site embeds a dashboard."""

    def set_default_headers(self) -> None:
        """Allow the sites that BERTH_EMBED_ORIGINS names, and no others."""
        origin = self.request.headers.get("Origin")
        self.set_header("Vary", "Origin")
        if origin in self.guest.settings.embed_origins:
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Access-Control-Allow-Credentials", "true")
            self.set_header("Access-Control-Allow-Headers", "*")

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Answer the script, which holds a session's token, to nobody's bare script tag on another site."""
        if "Origin" not in self.request.headers and self.request.headers.get("Sec-Fetch-Site") in FOREIGN:
            self.set_status(403)
            self.finish("Forbidden: this page of another site may not embed dashboards.\n")
            return
        await self.answer(super().get(*args, **kwargs))

    async def options(self, *args: Any, **kwargs: Any) -> None:
        """Answer the question that browsers ask before the request."""
        self.set_header("Access-Control-Allow-Methods", "GET, OPTIONS")

    def write(self, chunk: Any) -> None:
        """Add page.js."""
        if self.page and isinstance(chunk, str):
            url = urlsplit(self.get_argument("bokeh-absolute-url", ""))
            chunk += self.guest.script_loader(self.page.id, f"{url.scheme}://{url.netloc}" if url.netloc else "")
        super().write(chunk)


class SocketHandler(WSHandler):
    """A page's WebSocket."""

    guest: Guest
    page: Page | None = None
    resumed = False
    closed = False
    missed = 0
    stalled = 0
    taken = 0

    async def prepare(self) -> None:
        """Refuse a session that is not this visitor's (403) or is gone (410), before the handshake."""
        await super().prepare()
        if self._finished:
            return
        page = self._page_of_token()
        if page is None:
            self.set_status(410)
            self.finish("This session is gone.\n")
        elif page.visitor.id != self.request.visitor.id:
            self.set_status(403)
            self.finish("Forbidden: the session belongs to another visitor.\n")
        self.page = page

    def _page_of_token(self) -> Page | None:
        offered = [text.strip() for text in self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        token = offered[-1]
        application = self.application
        try:
            if len(offered) == 2 and check_token_signature(token, application.secret_key, application.sign_sessions):
                return self.guest.pages.of(get_session_id(token))
        except (ValueError, KeyError, TypeError):
            pass
        return None

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Send small messages at once: answers to clicks must not wait for a delayed ACK."""
        self.set_nodelay(True)
        self.guest.sockets.add(self)
        super().open(*args, **kwargs)

    async def _async_open(self, token: str) -> None:
        assert self.page
        self.resumed = self.page.connected
        await super()._async_open(token)
        self.guest.pages.connected(self.page)
        if self.closed:
            # It ended while its session was looked for, and Bokeh knows only now which one it belonged to.
            self.on_close()

    async def _handle(self, message: Any) -> Any:
        if self.resumed and message.msgtype == "PULL-DOC-REQ":
            return await _pull_whole(message, self.connection)
        return await super()._handle(message)

    def on_pong(self, data: bytes) -> None:
        """Note that the other side lives."""
        self.missed = 0

    def ping_or_close(self) -> None:
        """Called now and then. Ticks are counted, not seconds: a berth that was blocked has missed none."""
        self.missed += 1
        if self.missed > MISSED_PONGS:
            self.close()
        elif self.ws_connection and not self.ws_connection.is_closing():
            self.ping(b"")

    def cut_if_stalled(self) -> None:
        """Called at every sign of life. What a client does not read would fill the memory; it may come back."""
        stream = self.ws_connection.stream if self.ws_connection else None
        if stream is None:
            return
        waiting = stream._total_write_index - stream._total_write_done_index
        moved = stream._total_write_done_index != self.taken
        self.stalled = self.stalled + 1 if waiting > LARGEST_BACKLOG and not moved else 0
        self.taken = stream._total_write_done_index
        if self.stalled > STALLED_BEATS:
            log.warning(
                "a page of %s reads nothing while %s MiB wait: it is cut", self.request.visitor.user, waiting >> 20
            )
            stream.close()

    def on_close(self) -> None:
        """Keep the session for a while: the page may come back."""
        self.closed = True
        self.guest.sockets.discard(self)
        session = self.connection.session if self.connection and self.connection._session else None
        if session is None or not session.destroyed:
            super().on_close()
        if self.page:
            IOLoop.current().add_callback(self.guest.pages.disconnected, self.page)


def _pull_whole(message: Any, connection: Any) -> Any:
    """Answer a page that comes back: it replaces its document and, unlike a new one, ignores buffers."""

    def reply() -> pull_doc_reply:
        header = pull_doc_reply.create_header(request_id=message.header["msgid"])
        return pull_doc_reply(header, {}, {"doc": connection.session.document.to_json(deferred=False)})

    return connection.session.with_document_locked(reply)


def _with_tag(page: str, tag: str) -> str:
    """Put a script first into the head; never before the doctype, without which browsers fall back to old rules."""
    for start in ("head", "html", "!doctype"):
        found = re.search(rf"<{start}\b[^>]*>", page, re.IGNORECASE)
        if found:
            return page[: found.end()] + tag + page[found.end() :]
    return tag + page


def handlers_of(guest: Guest) -> list[tuple[str, type]]:
    """Return Bokeh's routes of one application, bound to this berth."""
    bound = {name: type(base.__name__, (base,), {"guest": guest}) for name, base in _BASES.items()}
    return [
        (r"/ws", bound["socket"]),
        (r"/metadata", MetadataHandler),
        (r"/autoload.js", bound["embed"]),
        (r"/?", bound["page"]),
    ]


_BASES: dict[str, type] = {"page": PageHandler, "embed": EmbedHandler, "socket": SocketHandler}


def attribute(text: str) -> str:
    """Return text for an HTML attribute."""
    return escape(text, quote=True)
