"""The lobby's life: start, serve, end."""

from __future__ import annotations

import asyncio
import logging
import signal

from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from berth import log, memory
from berth.errors import ConfigurationError
from berth.lobby import operations
from berth.lobby.handlers.waiting import RESTARTING
from berth.lobby.routes import application
from berth.lobby.state import Lobby
from berth.settings import LOOPBACK, Settings

logger = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
"""Bytes of a login or a beacon; more is refused before it is read."""

BODY_PATIENCE = 10.0
"""Seconds in which a body has to arrive."""

MOST_CALLS = 1000
"""Calls to supervisors at the same time. With Tornado's ten, a few dead supervisors would hold up all others."""

LAST_WORDS = 0.3
"""Seconds for close frames at the end."""


def main(settings: Settings) -> None:
    """Run the lobby until SIGTERM or SIGINT. Raises ConfigurationError before anything is opened."""
    log.configure(settings.log_level)
    memory.keep_little()
    asyncio.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Start, wait for the signal, end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    AsyncHTTPClient.configure(None, max_clients=MOST_CALLS)
    lobby = Lobby(settings)
    server = HTTPServer(
        application(lobby),
        xheaders=True,
        max_body_size=LARGEST_BODY,
        body_timeout=BODY_PATIENCE,
        idle_connection_timeout=75,
    )
    ushering = await start(lobby, server)
    await stop.wait()
    await end(lobby, server)
    ushering.cancel()


async def start(lobby: Lobby, server: HTTPServer) -> asyncio.Task[None]:
    """Open the port and seat visitors; return the task that does so for ever."""
    operations.listen(lobby)
    await lobby.usher.look_around()
    _listen(lobby.settings, server)
    logger.info("lobby at port %s for %s", lobby.settings.lobby_port, lobby.settings.url)
    lobby.background(lobby.files.warm())
    return asyncio.create_task(lobby.usher.run())


async def end(lobby: Lobby, server: HTTPServer) -> None:
    """Take no more requests, and tell waiting pages to come back to the next lobby."""
    logger.info("lobby ends, %s waiting", len(lobby.usher.queue))
    server.stop()
    for entry in lobby.usher.queue:
        for page in list(entry.pages):
            page.close(RESTARTING)
    await asyncio.sleep(LAST_WORDS)
    await server.close_all_connections()


def _listen(settings: Settings, server: HTTPServer) -> None:
    # Whom the router says that a request comes from is believed, so nobody else should reach the lobby.
    address = "127.0.0.1" if settings.address in LOOPBACK else None
    try:
        server.add_sockets(bind_sockets(settings.lobby_port, address))
    except OSError as error:
        raise ConfigurationError(
            f"BERTH_LOBBY_PORT={settings.lobby_port} cannot be opened ({error.strerror}): "
            "end the program that has it, or choose another."
        ) from error
