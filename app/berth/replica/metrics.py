"""What ``/metrics`` counts, in Prometheus' words."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from berth.status import Status


class Metrics:
    """The metrics of one supervisor."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.seated = Counter("berth_seated", "Visitors who got a seat.", registry=self.registry)
        self.lost = Counter("berth_seats_lost", "Seats whose process ended under a visitor.", registry=self.registry)
        self.blocked = Counter("berth_blocked", "Times a berth did not react.", registry=self.registry)
        self.blocked_seconds = Counter(
            "berth_blocked_seconds", "Time for which berths did not react (s).", registry=self.registry
        )
        self.start_seconds = Histogram(
            "berth_start_seconds",
            "From the fork of a berth until it is ready (s).",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
            registry=self.registry,
        )
        self._seats = Gauge("berth_seats", "Seats by state.", ["state"], registry=self.registry)
        self._berths = Gauge("berth_berths", "Berth processes by state.", ["state"], registry=self.registry)
        self._draining = Gauge("berth_draining", "1 while no new visitors are taken.", registry=self.registry)

    def text(self, status: Status) -> bytes:
        """Return everything in the text format."""
        self._seats.labels("taken").set(status.taken)
        self._seats.labels("ready").set(status.ready)
        self._seats.labels("most").set(status.seats)
        for state in ("starting", "ready", "ending"):
            self._berths.labels(state).set(sum(berth.state == state for berth in status.berths))
        self._draining.set(status.draining)
        return generate_latest(self.registry)
