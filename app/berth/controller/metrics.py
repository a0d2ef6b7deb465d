"""What the controller's ``/metrics`` shows, in Prometheus' words."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from berth.controller.picture import Picture


class Metrics:
    """The metrics of the controller."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.rounds = Histogram(
            "berth_rounds_seconds",
            "Length of a round: asking, and telling the lobbies (s).",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=self.registry,
        )
        self._replicas = Gauge("berth_replicas", "Replicas by state.", ["state"], registry=self.registry)
        self._seats = Gauge("berth_seats", "Seats of all replicas by state.", ["state"], registry=self.registry)
        self._waiting = Gauge("berth_waiting", "Visitors who wait for a seat.", registry=self.registry)
        self._errors = Counter(
            "berth_api_errors", "Calls of the Kubernetes API that failed.", ["status"], registry=self.registry
        )
        self._counted: dict[str, int] = {}

    def show(self, picture: Picture, target: int, seats: int) -> None:
        """Take over a round's numbers; ``seats`` is what one replica has."""
        ready, live = len(picture.ready), len(picture.live)
        states = {
            "wanted": target,
            "ready": ready,
            "starting": live - ready,
            "terminating": len(picture.places) - live,
            "occupied": sum(place.occupied for place in picture.live),
        }
        for state, number in states.items():
            self._replicas.labels(state).set(number)
        demand = picture.demand(seats)
        self._seats.labels("taken").set(demand.taken)
        self._seats.labels("free").set(max(ready * seats - demand.taken, 0))
        self._waiting.set(demand.waiting)

    def text(self, errors: Mapping[str, int]) -> bytes:
        """Return everything in the text format; ``errors`` are the API's by status, since the start."""
        for status, number in errors.items():
            self._errors.labels(status).inc(number - self._counted.get(status, 0))
        self._counted = dict(errors)
        return generate_latest(self.registry)
