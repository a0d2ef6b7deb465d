"""Settings of Panel that a dashboard may ask for and Berth decides: each is kept, and the log says so once."""

from __future__ import annotations

import logging
import os
from typing import Any

from panel import config

log = logging.getLogger("berth.dashboard")

OURS = {
    "reuse_sessions": "it would share one page among visitors",
    "session_history": "nobody may list the sessions of others",
    "autoreload": "`berth up --dev` does that",
    "basic_auth": "Berth's login decides who may enter",
    "oauth_provider": "Berth's login decides who may enter, by a provider with BERTH_LOGIN=oauth",
    "cookie_secret": "COOKIE_SECRET is the one of all roles",
}
"""Settings by name, with the reason why a dashboard cannot choose them."""

VARIABLES = (
    "PANEL_BASIC_AUTH",
    "PANEL_COOKIE_SECRET",
    "PANEL_OAUTH_PROVIDER",
)
"""Environment variables that would win over what Berth sets."""


def decide(login: str) -> None:
    """Keep the present values of all these settings for the life of the process. ``login`` is BERTH_LOGIN."""
    if login == "oauth":
        os.environ.pop("PANEL_OAUTH_PROVIDER", None)
    for name in VARIABLES:
        if os.environ.pop(name, None) is not None:
            log.warning("%s is not followed: %s.", name, OURS[name.removeprefix("PANEL_").lower()])
    for name, reason in OURS.items():
        # Panel calls this hook whenever the setting is set, by attribute or by pn.extension.
        setattr(type(config), f"_{name}_hook", _Keeper(name, getattr(config, name), reason))


class _Keeper:
    """A hook that answers every wish with the value that is there."""

    def __init__(self, name: str, value: Any, reason: str) -> None:
        self._name = name
        self._value = value
        self._reason = reason
        self._said = False

    def __call__(self, wished: Any) -> Any:
        if wished != self._value and not self._said:
            self._said = True
            log.warning("A dashboard sets %s, which is not followed: %s.", self._name, self._reason)
        return self._value
