"""The controller's operations port: probes, status and metrics. Nothing can be changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from berth.controller.picture import Place
from berth.errors import ConfigurationError

if TYPE_CHECKING:
    from berth.controller.controller import Controller


class Handler(RequestHandler):
    """Base of all: knows the controller."""

    def initialize(self, controller: Controller) -> None:
        """Take the controller from the route."""
        self.controller = controller

    def probe(self, well: bool, problem: str) -> None:
        """Answer 200, or 503 with the problem."""
        self.set_status(200 if well else 503)
        self.finish("ok\n" if well else f"{problem}\n")


class Livez(Handler):
    """``GET /livez``: rounds come to an end."""

    def get(self) -> None:
        """Answer 200 or 503."""
        self.probe(self.controller.alive, "No round has ended for a minute.")


class Readyz(Handler):
    """``GET /readyz``: a round has ended."""

    def get(self) -> None:
        """Answer 200 or 503."""
        self.probe(self.controller.picture is not None, "No round has ended yet.")


class StatusPage(Handler):
    """``GET /status``: what is wanted and what is there."""

    def get(self) -> None:
        """Answer JSON."""
        scaler, picture = self.controller.scaler, self.controller.picture
        self.finish(
            {
                "wanted": scaler.target if scaler else 0,
                "replicas": scaler.deployment.replicas if scaler and scaler.deployment else 0,
                "floor": scaler.autoscaler.floor if scaler and scaler.autoscaler else None,
                "maximum": self.controller.settings.max_replicas,
                "waiting": [one.visitor for one in picture.waiting] if picture else [],
                "complete": picture.complete if picture else False,
                "pods": [_pod(place) for place in picture.places] if picture else [],
                "latest": scaler.herald.latest if scaler else "",
            }
        )


class MetricsPage(Handler):
    """``GET /metrics``."""

    def get(self) -> None:
        """Answer in Prometheus' text format."""
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(self.controller.metrics.text(self.controller.api.errors))


def listen(controller: Controller) -> HTTPServer:
    """Open the port. Raises ConfigurationError if it is taken."""
    routes = [("/livez", Livez), ("/readyz", Readyz), ("/status", StatusPage), ("/metrics", MetricsPage)]
    application = Application(
        [(path, handler, {"controller": controller}) for path, handler in routes], log_function=lambda handler: None
    )
    server = HTTPServer(application, max_body_size=1024)
    port = controller.settings.operations_port
    try:
        server.listen(port)
    except OSError as error:
        raise ConfigurationError(
            f"BERTH_OPERATIONS_PORT={port} cannot be opened ({error.strerror}): end what uses it or choose another."
        ) from error
    return server


def _pod(place: Place) -> dict[str, Any]:
    return {
        "name": place.pod.name,
        "node": place.pod.node,
        "ready": place.pod.ready,
        "terminating": place.pod.terminating,
        "draining": bool(place.status and place.status.draining),
        "cordoned": place.cordoned,
        "visitors": place.visitors,
        "seats": place.status.seats if place.status else None,
        "silent": round(place.silent, 1),
        "trouble": place.pod.trouble,
    }
