"""A replica that ends: whom it keeps, whom it refuses, and what it ends at once."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.support.replica import Replica

LOCK = Path(__file__).parents[2] / "loadtests/apps/lock.py"


def test_a_draining_replica_keeps_its_visitors_refuses_others_and_ends_its_spares() -> None:
    """Who comes back by a reload gets the same berth; at the end of the grace the seat is gone and it says why."""
    with Replica(LOCK, BERTH_SPARE=2, BERTH_DRAIN_GRACE=6) as replica:
        replica.until(lambda: replica.status()["ready"] == 2)
        seat = replica.call("/seats/reserve", visitor="one", user="alice").json()
        replica.process.send_signal(signal.SIGTERM)
        replica.until(lambda: replica.status()["draining"])
        replica.until(lambda: len(replica.status()["berths"]) == 1)
        assert replica.call("/seats/reserve", visitor="one", user="alice").json() == seat
        assert replica.call("/seats/reserve", visitor="two", user="bob").status_code == 409
        assert replica.get("/readyz").ok
        page = {"visitor": "one", "berth": seat["berth"], "page": "none"}
        replica.until(lambda: replica.call("/seats/page", **page).json()["state"] == "drained")
        assert replica.process.wait(15) == 0
        assert "1 visitors are warned, 6 s before the end" in replica.log()


def test_without_visitors_it_ends_at_once() -> None:
    """The grace is for those who are here."""
    with Replica(LOCK, BERTH_DRAIN_GRACE=600) as replica:
        replica.ready()
        replica.process.send_signal(signal.SIGTERM)
        assert replica.process.wait(15) == 0
