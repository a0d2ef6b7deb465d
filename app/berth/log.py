"""One line an event on standard error, so that a terminal and a log collector read the same."""

from __future__ import annotations

import logging
import sys


def configure(level: str) -> None:
    """Send all logging to standard error at ``level`` (``"info"`` …)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("tornado.access", "bokeh", "asyncio"):
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))
