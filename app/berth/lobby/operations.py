"""The lobby's operations port: probes, queue and metrics, and the controller's news. Visitors do not reach it."""

from __future__ import annotations

import json

from prometheus_client import CONTENT_TYPE_LATEST
from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler

from berth.errors import ConfigurationError, TicketError
from berth.lobbies import News
from berth.lobby.state import Lobby

LARGEST_NEWS = 4 * 2**20
"""Bytes: a thousand replicas, and ten thousand visitors who wait."""


class Handler(RequestHandler):
    """Base of all: knows the lobby."""

    def initialize(self, lobby: Lobby) -> None:
        """Take the lobby from the route."""
        self.lobby = lobby


class Probe(Handler):
    """``GET /livez`` and ``/readyz``: a lobby that listens can greet visitors, whatever the replicas do."""

    def get(self) -> None:
        """Answer 200."""
        self.finish("ok\n")


class StatusPage(Handler):
    """``GET /status``: who waits, in order."""

    def get(self) -> None:
        """Answer pairs of visitor id and arrival (s since the epoch)."""
        self.finish({"waiting": [[one.visitor, one.arrived] for one in self.lobby.usher.waiting()]})


class MetricsPage(Handler):
    """``GET /metrics``."""

    def get(self) -> None:
        """Answer in Prometheus' text format."""
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(self.lobby.usher.metrics.text(len(self.lobby.usher.queue)))


class FleetCall(Handler):
    """A signed ``POST /fleet``: the controller's news."""

    def post(self) -> None:
        """Answer 200, 401 without a signature, or 400 for a wrong body."""
        token = self.request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            self.lobby.keys.check_call(token, self.request.path, self.request.body)
            news = News.from_json(json.loads(self.request.body))
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
    routes = [
        ("/livez", Probe),
        ("/readyz", Probe),
        ("/status", StatusPage),
        ("/metrics", MetricsPage),
        ("/fleet", FleetCall),
    ]
    application = Application(
        [(path, handler, {"lobby": lobby}) for path, handler in routes], log_function=lambda handler: None
    )
    server = HTTPServer(application, max_body_size=LARGEST_NEWS, max_buffer_size=LARGEST_NEWS)
    try:
        server.listen(port)
    except OSError as error:
        raise ConfigurationError(
            f"BERTH_LOBBY_OPERATIONS_PORT={port} cannot be opened ({error.strerror}): "
            "end what uses it or choose another."
        ) from error
    return server
