"""What is asked for, and who answers."""

from __future__ import annotations

import re

from tornado.routing import PathMatches, Rule
from tornado.web import Application, RequestHandler

from berth.lobby.handlers.autoload import AutoloadHandler
from berth.lobby.handlers.base import Handler, Unlisted, policy
from berth.lobby.handlers.beacons import ActiveHandler, LeftHandler, PageHandler
from berth.lobby.handlers.door import AnyHandler, SeatHandler
from berth.lobby.handlers.ended import EndedHandler
from berth.lobby.handlers.health import LivezHandler
from berth.lobby.handlers.index import IndexHandler, RootHandler
from berth.lobby.handlers.login import LoginHandler
from berth.lobby.handlers.logout import LogoutHandler
from berth.lobby.handlers.static import AssetHandler, FaviconHandler, StaticHandler
from berth.lobby.handlers.waiting import WaitingHandler, WaitingSocket
from berth.lobby.state import Lobby
from berth.tickets import XSRF_COOKIE

ROUTES: tuple[tuple[str, type[Handler]], ...] = (
    (r"/?", RootHandler),
    (r"/login", LoginHandler),
    (r"/login/.*", Unlisted),
    (r"/logout", LogoutHandler),
    (r"/berth/seat", SeatHandler),
    (r"/berth/waiting", WaitingHandler),
    (r"/berth/waiting/ws", WaitingSocket),
    (r"/berth/left", LeftHandler),
    (r"/berth/active", ActiveHandler),
    (r"/berth/page", PageHandler),
    (r"/berth/ended", EndedHandler),
    (r"/berth/index", IndexHandler),
    (r"/berth/livez", LivezHandler),
    (r"/berth/assets/([\w.-]+)", AssetHandler),
    (r"/berth(?:/.*)?", Unlisted),
    (r"/static/(.*)", StaticHandler),
    (r"/favicon\.ico", FaviconHandler),
    (r"/(?:.*/)?autoload\.js", AutoloadHandler),
    (r"/(.*)", AnyHandler),
)
"""Patterns behind the prefix, tried in this order."""

PING = 5
"""Seconds between looks whether a waiting page still lives."""


def application(lobby: Lobby) -> Application:
    """Return the lobby's web application."""
    prefix = re.escape(lobby.settings.prefix)
    return Application(
        [*_oauth_rules(lobby, prefix), *((prefix + pattern, handler) for pattern, handler in ROUTES)],
        default_handler_class=Unlisted,
        lobby=lobby,
        policy=policy(lobby.settings),
        xsrf_cookies=True,
        xsrf_cookie_name=XSRF_COOKIE,
        log_function=_say_nothing,
        websocket_ping_interval=PING,
        websocket_ping_timeout=PING,
        websocket_max_message_size=1024,
    )


def _oauth_rules(lobby: Lobby, prefix: str) -> list[Rule]:
    """Return what is answered only where visitors log in by a provider."""
    if lobby.oauth is None:
        return []
    from berth.lobby.handlers.oauth import Answers, CallbackHandler, StartHandler

    back = re.escape(lobby.settings.oauth_callback.rstrip("/"))
    return [Rule(Answers(f"{back}/?"), CallbackHandler), Rule(PathMatches(f"{prefix}/login/oauth"), StartHandler)]


def _say_nothing(handler: RequestHandler) -> None:
    """Log no line for each request: what matters is logged where it happens."""
