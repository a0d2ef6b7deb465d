"""The controller's operations port: probes, status and metrics. Nothing can be changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer

from berth import operations
from berth.controller.picture import Place
from berth.operations import MetricsPage, Probe, StatusPage

if TYPE_CHECKING:
    from berth.controller.controller import Controller


def listen(controller: Controller) -> HTTPServer:
    """Open the port. Raises ConfigurationError if it is taken."""
    routes: list[operations.Route] = [
        ("/livez", Probe, {"problem": lambda: "" if controller.alive else "No round has ended for a minute."}),
        ("/readyz", Probe, {"problem": lambda: "" if controller.picture else "No round has ended yet."}),
        ("/status", StatusPage, {"status": lambda: status(controller)}),
        ("/metrics", MetricsPage, {"text": lambda: controller.metrics.text(controller.api.errors)}),
    ]
    return operations.listen(routes, "BERTH_OPERATIONS_PORT", controller.settings.operations_port)


def status(controller: Controller) -> dict[str, Any]:
    """Return what is wanted and what is there."""
    scaler, picture = controller.scaler, controller.picture
    return {
        "wanted": scaler.target if scaler else 0,
        "replicas": scaler.deployment.replicas if scaler and scaler.deployment else 0,
        "floor": scaler.autoscaler.floor if scaler and scaler.autoscaler else None,
        "maximum": controller.settings.max_replicas,
        "waiting": [one.visitor for one in picture.waiting] if picture else [],
        "complete": picture.complete if picture else False,
        "pods": [_pod(place) for place in picture.places] if picture else [],
        "latest": scaler.herald.latest if scaler else "",
    }


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
