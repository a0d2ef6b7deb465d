"""The router: HAProxy, with one configuration made from the settings."""

from __future__ import annotations

from berth.router.haproxy import become, configure, find_haproxy
from berth.settings import Settings

__all__ = ["find_haproxy", "main"]


def main(settings: Settings) -> None:
    """Become HAProxy: render the configuration, have it checked, and replace this process.

    Raises ConfigurationError when HAProxy is missing or refuses the configuration.
    """
    haproxy = find_haproxy()
    become(haproxy, *configure(settings, haproxy))
