"""The controller: knows the pods on Kubernetes, opens and closes replicas, and tells the lobbies of them."""

from __future__ import annotations

import asyncio

from berth import log
from berth.errors import ConfigurationError
from berth.settings import Settings

__all__ = ["main"]


def main(settings: Settings) -> None:
    """Run the controller until SIGTERM or SIGINT. Raises ConfigurationError before anything is opened."""
    _check(settings)
    log.configure(settings.log_level)
    # Imported late: what is wrong with the settings is said without the Kubernetes client, too.
    from berth.controller.controller import serve

    asyncio.run(serve(settings))


def _check(settings: Settings) -> None:
    if settings.make_secret == "none" and not settings.cookie_secret:  # noqa: S105  (a choice, no secret)
        raise ConfigurationError(
            "COOKIE_SECRET is missing: name its file in BERTH_COOKIE_SECRET_FILE, or let the controller make it "
            "with BERTH_MAKE_SECRET=cookie-secret."
        )
