"""A replica: a supervisor and the berths that it forks for visitors."""

from __future__ import annotations

from berth.errors import ConfigurationError
from berth.serving import Serving
from berth.settings import Settings

__all__ = ["main", "trial"]


def main(settings: Settings, serving: Serving) -> None:
    """Run a replica in the foreground until it is told to end and its visitors have left.

    Raises ConfigurationError before anything starts.
    """
    if not settings.cookie_secret:
        raise ConfigurationError("COOKIE_SECRET is missing: the lobby, the router and all replicas share one.")
    serving.check()
    # What the supervisor imports is imported before the fork, which shares it.
    from berth.replica.forkserver import start
    from berth.replica.supervisor import run
    from berth.replica.tracker import Tracker

    tracker = Tracker()
    run(settings, serving, start(settings, serving), tracker)


def trial(settings: Settings, serving: Serving) -> list[str]:
    """Start one berth, listening on a free port, and return a sentence for every script that fails."""
    from berth.replica.trial import trial as run

    return run(settings, serving)
