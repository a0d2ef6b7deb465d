"""Processes for jobs: forked from a server that has the modules they need, watched, and ended with all they started."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import spawn
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.reduction import DupFd
from typing import Any

import psutil

from berth.jobs.worker import work

_server: Any = multiprocessing.forkserver._forkserver
PRELOADED = ("berth.jobs.worker", "numpy", "pandas")
"""What a server of our own imports, of what is imported here."""

_starting = threading.Lock()


class _Output:
    """Standard output of this process, on its way to another."""

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _same, (DupFd(1),)


def _same(thing: Any) -> Any:
    return thing


class Worker:
    """A process that waits for a job's call. ``connection`` is the line to it."""

    def __init__(self, title: str) -> None:
        context = _context()
        self.connection, theirs = context.Pipe()
        life, self._lifeline = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(theirs, life, _Output(), title), name=title)
        try:
            _start(process)
        finally:
            theirs.close()
            life.close()
        self._process = process
        self._ending = threading.Lock()
        self._ended = False

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid or 0

    def end(self) -> int:
        """End the process and all that it started; return how it ended, a negative signal or an exit code."""
        with self._ending:
            if not self._ended:
                self._kill()
                self._ended = True
        return self._process.exitcode or 0

    def close(self) -> None:
        """Close the lines to the process. Only for the thread that reads them."""
        self.connection.close()
        self._lifeline.close()

    def _kill(self) -> None:
        with suppress(psutil.Error):
            # Some may have left the group. Looked for first: orphans are nobody's children.
            found = psutil.Process(self.pid).children(recursive=True)
            for child in found:
                with suppress(psutil.Error):
                    child.kill()
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # It has died, or does not lead its group yet.
            self._process.kill()
        self._process.join()


def _start(process: ForkServerProcess) -> None:
    with _starting, _leaving_main_out():
        _share_forkserver()
        try:
            process.start()
        except (ConnectionError, FileNotFoundError):
            _have_own_forkserver()
            process.start()


@contextmanager
def _leaving_main_out() -> Iterator[None]:
    """Keep multiprocessing from running the main script again: what a job needs of it comes by value."""
    usual, here = spawn.get_preparation_data, threading.get_ident()

    def without_main(name: str) -> dict[str, Any]:
        data: dict[str, Any] = usual(name)
        if threading.get_ident() == here:
            data.pop("init_main_from_name", None)
            data.pop("init_main_from_path", None)
        return data

    spawn.get_preparation_data = without_main
    try:
        yield
    finally:
        spawn.get_preparation_data = usual


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([name for name in PRELOADED if name in sys.modules])
    return context


def _share_forkserver() -> None:
    """In a berth, fork from the server from which it was forked itself: it has all modules in memory already.

    multiprocessing tells forked processes the server's address, but starts
    another server all the same, since it is not their child.
    """
    if _server._forkserver_pid is None and _server._forkserver_address:
        _server.ensure_running = multiprocessing.resource_tracker.ensure_running


def _have_own_forkserver() -> None:
    """Start a server here with the next process: the other one is gone."""
    _server._forkserver_address = None
    _server.__dict__.pop("ensure_running", None)
