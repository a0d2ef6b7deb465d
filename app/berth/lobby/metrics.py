"""What the lobby's ``/metrics`` counts, in Prometheus' words."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The metrics of one lobby."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.logins = Counter("berth_logins", "Logins by what came of them.", ["result"], registry=self.registry)
        self.waited = Histogram(
            "berth_waited_seconds",
            "Time in the waiting room of those who got a seat (s).",
            buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600),
            registry=self.registry,
        )
        self._waiting = Gauge("berth_lobby_waiting", "Visitors in this lobby's queue.", registry=self.registry)

    def text(self, waiting: int) -> bytes:
        """Return everything in the text format; ``waiting`` is how many wait now."""
        self._waiting.set(waiting)
        return generate_latest(self.registry)
