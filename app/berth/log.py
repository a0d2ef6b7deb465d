"""One line an event on standard error, so that a terminal and a log collector read the same."""

from __future__ import annotations

import logging
import sys

ROLE_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
BERTH_FORMAT = "%(levelname)s %(name)s %(message)s"
"""A berth's lines go through its supervisor, which adds the time and the visitor."""


def configure(level: str, form: str = ROLE_FORMAT) -> None:
    """Send all logging to standard error at ``level`` (``"info"`` …)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(form, "%Y-%m-%dT%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("bokeh").handlers.clear()
    for chatty in ("tornado.access", "bokeh", "asyncio"):
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))
