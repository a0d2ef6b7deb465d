"""How a job says how far it is: the last word counts, and it is passed on some twenty times a second at most."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from berth.errors import JobCancelled

PAUSE = 0.05
"""Seconds between two reports that are passed on."""


class Reporter:
    """Passes on the newest report of one job. ``send(fraction, text)`` is called from a thread of its own."""

    def __init__(self, send: Callable[[float, str], None], cancelled: Callable[[], bool] = lambda: False) -> None:
        self._send = send
        self._cancelled = cancelled
        self._process = os.getpid()
        self._latest: tuple[float, str] | None = None
        self._news = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._pass_on, name="progress", daemon=True)
        self._thread.start()

    def report(self, fraction: float, text: str) -> None:
        """Note how far the job is; costs a microsecond and never waits. Raises JobCancelled if nobody wants it."""
        if self._cancelled():
            raise JobCancelled
        # A child that the job has forked has the reporter, but not its thread.
        if os.getpid() == self._process:
            self._latest = (min(max(float(fraction), 0.0), 1.0), str(text))
            self._news.set()

    def close(self) -> None:
        """Pass on what is left and stop."""
        self._closed.set()
        self._news.set()
        self._thread.join()

    def _pass_on(self) -> None:
        while not self._closed.is_set():
            self._news.wait()
            self._news.clear()
            latest, self._latest = self._latest, None
            if latest:
                self._send(*latest)
            self._closed.wait(PAUSE)
        if self._latest:
            self._send(*self._latest)


_of_process: Reporter | None = None
_of_thread = threading.local()


def use_in_process(reporter: Reporter) -> None:
    """Let all threads of this process report to ``reporter``."""
    global _of_process
    _of_process = reporter


def use_in_thread(reporter: Reporter) -> None:
    """Let this thread report to ``reporter``."""
    _of_thread.reporter = reporter


def report_progress(fraction: float, text: str = "") -> None:
    """Say from inside a job how far it is: ``fraction`` from 0 to 1, and a text for the visitor.

    May be called as often as is convenient. Does nothing outside of a job.
    In a job of ``kind="thread"`` it raises JobCancelled once the job has been
    cancelled; only the job's own thread may call it there.
    """
    reporter = getattr(_of_thread, "reporter", None) or _of_process
    if reporter:
        reporter.report(fraction, text)
