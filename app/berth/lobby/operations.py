"""The lobby's operations port: probes, queue and metrics, and the controller's news. Visitors do not reach it."""

from __future__ import annotations

from typing import Any

from tornado.httpserver import HTTPServer
from tornado.web import HTTPError, RequestHandler

from berth import operations
from berth.errors import TicketError
from berth.lobbies import News, write_waiting
from berth.lobby.state import Lobby
from berth.operations import MetricsPage, Probe, StatusPage, signed_json, well

LARGEST_NEWS = 4 * 2**20
"""Bytes: a thousand replicas, and ten thousand visitors who wait."""


class FleetCall(RequestHandler):
    """A signed ``POST /fleet``: the controller's news."""

    def initialize(self, lobby: Lobby) -> None:
        """Take the lobby from the route."""
        self.lobby = lobby

    def post(self) -> None:
        """Answer 200, 401 without a signature, or 400 for a wrong body."""
        try:
            news = News.from_json(signed_json(self.request, self.lobby.keys))
        except TicketError:
            raise HTTPError(401) from None
        except (ValueError, TypeError, KeyError, RecursionError):
            raise HTTPError(400) from None
        self.lobby.usher.hear(news)
        self.finish({})


def listen(lobby: Lobby) -> HTTPServer | None:
    """Open the port, unless the settings name none. Raises ConfigurationError if it is taken."""
    port = lobby.settings.lobby_operations_port
    if not port:
        return None
    usher = lobby.usher

    def status() -> dict[str, Any]:
        return {"waiting": write_waiting(usher.waiting())}

    routes: list[operations.Route] = [
        # A lobby that listens can greet visitors, whatever the replicas do.
        ("/livez", Probe, {"problem": well}),
        ("/readyz", Probe, {"problem": well}),
        ("/status", StatusPage, {"status": status}),
        ("/metrics", MetricsPage, {"text": lambda: usher.metrics.text(len(usher.queue))}),
        ("/fleet", FleetCall, {"lobby": lobby}),
    ]
    return operations.listen(routes, "BERTH_LOBBY_OPERATIONS_PORT", port, LARGEST_NEWS)
