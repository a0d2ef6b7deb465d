"""The Panel server of one berth."""

from __future__ import annotations

import asyncio
import errno
import importlib
import json
import logging
import socket
import time
import traceback
from typing import Any

import panel.io.server
from bokeh.server.auth_provider import NullAuth
from panel import config
from panel.io.resources import DIST_DIR, LOCAL_DIST
from panel.io.server import Server, get_static_routes
from panel.io.state import state
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from berth.jobs.job import queue as jobs
from berth.look import Look, asset_url
from berth.replica.guest import access, applications, overrides, problems
from berth.replica.guest.gate import Gate
from berth.replica.guest.handlers import SocketHandler, attribute, handlers_of
from berth.replica.guest.main import Birth
from berth.replica.guest.pages import Pages
from berth.replica.link import Link
from berth.settings import LOOPBACK
from berth.tickets import TICKET_COOKIE, VISITOR_COOKIE, XSRF_COOKIE, Keys

log = logging.getLogger("berth.guest")

BEAT = 0.25
"""Seconds between two signs of life."""

PING = 15.0
"""Seconds between two pings of every WebSocket."""

REMIND = 5.0
"""Seconds between two warnings of the replica's end: pages that were away or are new have not heard the first."""

TEN_YEARS = 10 * 365 * 86400
"""Sessions, not their tokens, expire: a page resumes however old it is."""

PRIVATE_HEADERS = ["Cookie", "Authorization", "Connection", "Upgrade-Insecure-Requests", "Cache-Control", "Pragma"]
"""Request headers that are not copied into the page's token."""


class Guest:
    """The dashboards' server in this process, and what its handlers need."""

    def __init__(self, birth: Birth, link: Link) -> None:
        self.settings = birth.settings
        self.serving = birth.serving
        self.birth = birth
        self.link = link
        self.pages = Pages(link)
        self.gate = Gate(birth)
        self.sockets: set[SocketHandler] = set()
        self.stopping = asyncio.Event()
        self._doing: set[asyncio.Future[None]] = set()
        self._living: list[asyncio.Future[None]] = []
        jobs.limit = self.settings.max_jobs
        self.server: Server | None = None

    def start(self) -> applications.Applications:
        """Make everything and listen."""
        problems.keep_tracebacks_here()
        config.exception_handler = problems.handle
        config.cookie_secret = self.settings.cookie_secret
        overrides.decide(self.settings.login)
        access.offer()
        applications.use_folders(self.serving)
        failed = self._setup()
        made = applications.build(self.serving)
        made.failed.update(failed)
        if made.by_path and not failed:
            self.server = self._listen(made)
        return made

    def _setup(self) -> dict[str, str]:
        if not self.serving.setup:
            return {}
        try:
            applications.run_setup(self.serving.setup)
        except Exception:
            return {self.serving.setup: problems.where(traceback.format_exc(), self.serving.setup)}
        return {}

    def _listen(self, made: applications.Applications) -> Server:
        panel.io.server.per_app_patterns[:] = handlers_of(self)
        state._on_session_created_internal.append(_use_local_styles)
        loopback = self.settings.address in LOOPBACK
        keys = Keys(self.settings.cookie_secret)
        server = Server(
            made.by_path,
            port=self.birth.port,
            address="127.0.0.1" if loopback else None,
            io_loop=IOLoop.current(),
            prefix=self.settings.prefix,
            extra_patterns=[(r"/?", FrontDoor, {"guest": self, "paths": list(made.by_path)}), *self._routes(made)],
            use_index=False,
            use_xheaders=True,
            allow_websocket_origin=list(self.settings.origins),
            auth_provider=Seatholders(self.settings.prefix),
            secret_key=keys.derived("sessions").encode(),
            sign_sessions=True,
            session_token_expiration=TEN_YEARS,
            exclude_headers=PRIVATE_HEADERS,
            exclude_cookies=[TICKET_COOKIE, VISITOR_COOKIE, XSRF_COOKIE],
            keep_alive_milliseconds=0,
            check_unused_sessions_milliseconds=5000,
            unused_session_lifetime_milliseconds=max(1, int(self.settings.lost_grace * 1000)),
            websocket_max_message_size=self.settings.upload_bytes * 4 // 3 + 2**20,
            ico_path=str(DIST_DIR / "images" / "favicon.ico"),
            http_server_kwargs={"max_buffer_size": self.settings.upload_bytes + 2**20},
        )
        self.gate.guard(server._tornado)
        return server

    def _routes(self, made: applications.Applications) -> list[Any]:
        routes: list[Any] = [*made.routes, *get_static_routes(made.static_dirs)]
        for plugin in self.serving.plugins:
            routes += importlib.import_module(plugin).ROUTES
        return routes

    async def live(self) -> None:
        """Give signs of life, watch the connections and do what the supervisor says, until it says stop."""
        self._living += [asyncio.ensure_future(work) for work in (self._beat(), self._ping(), self._obey())]
        await self.stopping.wait()
        for task in self._living:
            task.cancel()
        await self._end_sessions()

    async def _beat(self) -> None:
        while True:
            self.link.send(busy=bool(state._busy_counter) or jobs.busy)
            for connection in list(self.sockets):
                connection.cut_if_stalled()
            await asyncio.sleep(BEAT)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING)
            for connection in list(self.sockets):
                connection.ping_or_close()

    async def _obey(self) -> None:
        async for order in self.link.messages():
            # None waits for another: ending a session waits for its lock, which a callback may hold for long.
            task = asyncio.ensure_future(getattr(self, f"_do_{order.pop('do')}")(**order))
            self._doing.add(task)
            task.add_done_callback(self._doing.discard)
        self.stopping.set()

    async def _do_seat(self, visitor: str) -> None:
        self.gate.unseated.discard(visitor)

    async def _do_unseat(self, visitor: str, reason: str) -> None:
        self.gate.unseated.add(visitor)
        for page in self.pages:
            if page.visitor.id == visitor:
                problems.tell(page.session.document, kind="ended", why=reason)
        await asyncio.sleep(BEAT)
        for connection in list(self.sockets):
            if connection.page and connection.page.visitor.id == visitor:
                connection.close(1000, reason)
        for page in self.pages:
            if page.visitor.id == visitor:
                await self.pages.left(page.id)

    async def _do_left(self, page: str) -> None:
        await self.pages.left(page)

    async def _do_notice(self, visitor: str, **notice: Any) -> None:
        for page in self.pages:
            if page.visitor.id == visitor:
                problems.tell(page.session.document, **notice)

    async def _do_closing(self, at: float) -> None:
        self._living.append(asyncio.ensure_future(self._remind(at)))

    async def _remind(self, at: float) -> None:
        """Warn all pages, again and again, that this berth ends at ``at`` (s, of the machine's monotonic clock)."""
        while True:
            for page in self.pages:
                problems.tell(page.session.document, kind="closing", seconds=round(at - time.monotonic()))
            await asyncio.sleep(REMIND)

    async def _do_stop(self) -> None:
        # What was ordered before is done first, or nearly: pages must hear why their seat has ended.
        others = self._doing - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=4 * BEAT)
        self.stopping.set()

    async def _end_sessions(self) -> None:
        """Run what the dashboards asked to be run at the end of a session and of the server."""
        for connection in list(self.sockets):
            connection.close(1012, "service restart")
            connection.on_close()
        for page in self.pages:
            page.session.request_expiration()
            await page.context._cleanup_sessions(10**12)
        if self.server:
            self.server.stop()

    # What the handlers put into pages

    def script_tag(self, page: str) -> str:
        """Return the tag that loads page.js, with what it must know."""
        data = {"page": page, "prefix": self.settings.prefix, "limit": self.settings.upload_bytes}
        data["idle"] = self.settings.idle_timeout
        attributes = " ".join(f'data-{name}="{attribute(str(value))}"' for name, value in data.items())
        return f'<script src="{attribute(asset_url(self.settings.prefix, "page.js"))}" {attributes}></script>'

    def script_loader(self, page: str, origin: str) -> str:
        """Return JavaScript that loads page.js into a page of another site."""
        data = {"page": page, "prefix": origin + self.settings.prefix, "limit": str(self.settings.upload_bytes)}
        data["idle"] = str(self.settings.idle_timeout)
        source = origin + asset_url(self.settings.prefix, "page.js")
        return (
            ";(function(){var s=document.createElement('script');"
            f"s.src={json.dumps(source)};Object.assign(s.dataset,{json.dumps(data)});document.head.append(s)}})();"
        )

    def failure_page(self, problem: str, again: str) -> str:
        """Return the page that says that the dashboard failed, with the log's id and the address to try again."""
        return Look(self.settings).page("failed", number=problem, again=again)


class Seatholders(NullAuth):
    """Tells Bokeh the name of the visitor, whom the gate has let in."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    @property
    def get_user(self) -> Any:
        """Return the function that Bokeh calls with a handler."""
        return lambda handler: handler.request.visitor.user

    @property
    def login_url(self) -> str:
        """Where Bokeh would send visitors without a name; the gate lets none in."""
        return "/login"

    @property
    def logout_url(self) -> str:
        """What dashboards link to."""
        return "/logout"


class FrontDoor(RequestHandler):
    """``/``: the only dashboard, or the lobby's index of all."""

    def initialize(self, guest: Guest, paths: list[str]) -> None:
        """Take the paths of the dashboards."""
        self.target = paths[0] if len(paths) == 1 else "/berth/index"
        self.prefix = guest.settings.prefix

    def get(self) -> None:
        """Send the browser on, with its query."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(f"{self.prefix}{self.target}{query}")


def _use_local_styles(session_context: Any) -> None:
    """Let a document that is pulled again name the same style sheets as at first."""
    document = session_context._document
    server_context = session_context.server_context
    if server_context and server_context.application_context:
        depth = (server_context.application_context.url or "/").strip("/").count("/")
        document._template_variables["dist_url"] = "../" * depth + LOCAL_DIST


async def serve(birth: Birth, end: socket.socket) -> None:
    """Be a berth until told to stop."""
    link = await Link.over(end)
    guest = Guest(birth, link)
    try:
        made = guest.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        link.send(port_taken=birth.port)
        await guest.live()
        return
    if guest.server:
        guest.server.start()
        # The hooks of folders run in the loop, and before the dashboards do.
        await asyncio.sleep(0)
        applications.warm(made)
    link.send(ready=made.described(), failed=made.failed)
    await guest.live()
    applications.run_exit_functions()
