"""One line an event on standard error, so that a terminal and a log collector read the same.

A role never waits for whoever reads its log: a thread writes, and when that
cannot keep up lines are dropped and counted.
"""

from __future__ import annotations

import atexit
import logging
import queue
import sys
from logging.handlers import QueueHandler, QueueListener

ROLE_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
BERTH_FORMAT = "%(levelname)s %(name)s %(message)s"
"""A berth's lines go through its supervisor, which adds the time and the visitor."""

WAITING_LINES = 10_000
"""Lines that wait to be written before new ones are dropped."""


class NeverWaiting(QueueHandler):
    """Hands records to the writing thread, or counts them as dropped."""

    queue: queue.Queue[logging.LogRecord]
    dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue a record without waiting."""
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1
            return
        if self.dropped and self.queue.qsize() < WAITING_LINES // 2:
            dropped, self.dropped = self.dropped, 0
            logging.getLogger("berth.log").warning("%s lines were dropped: the log is read too slowly", dropped)


def configure(level: str) -> None:
    """Log a role at ``level`` (``"info"`` …) without ever waiting for the reader."""
    lines: queue.Queue[logging.LogRecord] = queue.Queue(WAITING_LINES)
    listener = QueueListener(lines, _stream(ROLE_FORMAT))
    listener.start()
    atexit.register(listener.stop)
    _install(NeverWaiting(lines), level)


def configure_berth(level: str) -> None:
    """Log inside a berth, which has a pipe of its own and may wait for it."""
    _install(_stream(BERTH_FORMAT), level)


def _stream(form: str) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(form, "%Y-%m-%dT%H:%M:%S"))
    return handler


def _install(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("bokeh").handlers.clear()
    for chatty in ("tornado.access", "bokeh", "asyncio"):
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))
