"""The process of one job, from its fork to its last message."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

from setproctitle import setproctitle

from berth import forked
from berth.jobs import parcel, progress

NICENESS = 19
"""A job gets the processor time that pages leave."""

JOB_SCORE = 800
"""How early the system ends a job where memory runs out: before any berth."""


def work(connection: Connection, lifeline: Connection, output: Any, title: str) -> None:
    """Receive a call, make it, and say how it went.

    Sends ``("report", fraction, text)`` any number of times, and then
    ``("done", result)`` or ``("failed", reason, traceback)``.
    """
    _settle(lifeline, output.detach(), title)
    reporter = progress.Reporter(lambda fraction, text: parcel.send(connection, ("report", fraction, text)))
    progress.use_in_process(reporter)
    try:
        function, args, kwargs = parcel.unpack_call(connection.recv_bytes())
        last: tuple[Any, ...] = ("done", function(*args, **kwargs))
    except BaseException as error:
        last = ("failed", reason(error), traceback.format_exc())
    reporter.close()
    try:
        parcel.send(connection, last)
    except Exception as error:
        why = f"Its result, of type {type(last[1]).__name__}, cannot be sent back: {error}."
        parcel.send(connection, ("failed", why, traceback.format_exc()))


def _settle(lifeline: Connection, output: int, title: str) -> None:
    os.setpgid(0, 0)
    forked.die_with(lifeline.fileno())
    forked.be_killed_first(JOB_SCORE)
    forked.reseed()
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text file since Python 3.7
    setproctitle(title)


def reason(error: BaseException) -> str:
    """Return an error as a sentence for the visitor."""
    if isinstance(error, MemoryError):
        return "There was not enough memory for it."
    if isinstance(error, SystemExit):
        return f"It ended itself (exit code {error.code})."
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."
