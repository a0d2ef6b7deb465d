"""Operations ports: what all roles that have one share. Visitors do not reach them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler

from berth.errors import ConfigurationError
from berth.tickets import Keys

LARGEST_BODY = 2**16
"""Bytes of a call, where nothing else is said."""

Route = tuple[str, type[RequestHandler], dict[str, Any]]
"""A path, who answers, and the arguments of ``initialize``."""


class Probe(RequestHandler):
    """A probe: ``problem`` says in a sentence why not all is well, or nothing."""

    def initialize(self, problem: Callable[[], str]) -> None:
        """Take the question from the route."""
        self.problem = problem

    def get(self) -> None:
        """Answer 200, or 503 with the problem."""
        problem = self.problem()
        self.set_status(503 if problem else 200)
        self.finish(f"{problem or 'ok'}\n")


class StatusPage(RequestHandler):
    """``GET /status``."""

    def initialize(self, status: Callable[[], dict[str, Any]]) -> None:
        """Take the question from the route."""
        self.status = status

    def get(self) -> None:
        """Answer JSON."""
        self.finish(self.status())


class MetricsPage(RequestHandler):
    """``GET /metrics``."""

    def initialize(self, text: Callable[[], bytes]) -> None:
        """Take the question from the route."""
        self.text = text

    def get(self) -> None:
        """Answer in Prometheus' text format."""
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(self.text())


def well() -> str:
    """Return no problem: who answers at all is well."""
    return ""


def signed_json(request: HTTPServerRequest, keys: Keys) -> Any:
    """Return the JSON of a call that ``berth.calls`` made. Raises TicketError without our signature, or ValueError."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    keys.check_call(token, request.path, request.body)
    return json.loads(request.body)


def listen(
    routes: Sequence[Route], variable: str, port: int, largest: int = LARGEST_BODY, address: str = ""
) -> HTTPServer:
    """Open ``port``, which the setting ``variable`` names, for bodies of at most ``largest`` bytes.

    Raises ConfigurationError if it is taken.
    """
    application = Application(list(routes), log_function=lambda handler: None)
    server = HTTPServer(application, max_body_size=largest, max_buffer_size=largest)
    try:
        server.listen(port, address=address)
    except OSError as error:
        raise ConfigurationError(
            f"{variable}={port} cannot be opened ({error.strerror}): end what uses it or choose another."
        ) from error
    return server
