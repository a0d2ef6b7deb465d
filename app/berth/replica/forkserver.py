"""The server from which berths are forked, with what they need already imported."""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.forkserver
import multiprocessing.util
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from setproctitle import setproctitle

from berth.serving import Serving
from berth.settings import Settings
from berth.tickets import Keys

VARIABLE = "_PRELOAD"
"""Tells the forkserver what to import."""

KEPT_FROM_DASHBOARDS = ("COOKIE_SECRET", "CREDENTIALS", "PANEL_OAUTH_SECRET")
"""Variables that are taken out of the environment, in which dashboards could read them."""

AT_REST = {"OPENBLAS_THREAD_TIMEOUT": "4"}
"""Lets numpy's threads (OpenBLAS) sleep at once when they have nothing to do. They would spin for some 25 ms, after the
import and after every product, on cores that others could use."""

PREPARATIONS = (
    "berth.replica.guest.takeover:open_no_servers",
    "berth.replica.guest.problems:keep_tracebacks_here",
    "berth.replica.guest.practice:practise",
    "berth.replica.guest.lean:leave_out",
)
"""What every berth would do else at its start, in memory of its own."""


_server: Any = multiprocessing.forkserver._forkserver
_util: Any = multiprocessing.util
_start_python = _util.spawnv_passfds
"""How multiprocessing starts its servers."""


def forkserver(settings: Settings, serving: Serving) -> ForkServerContext:
    """Prepare the forkserver of this process; it starts with the first berth."""
    for name in KEPT_FROM_DASHBOARDS:
        os.environ.pop(name, None)
    for name, value in AT_REST.items():
        os.environ.setdefault(name, value)
    os.environ["BOKEH_SECRET_KEY"] = Keys(settings.cookie_secret).derived("sessions")
    os.environ["BOKEH_SIGN_SESSIONS"] = "true"
    os.environ[VARIABLE] = ",".join(_to_preload(settings, serving))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["berth.replica.preload"])
    return context


def start(settings: Settings, serving: Serving) -> ForkServerContext:
    """Start the forkserver and return at once, while it imports.

    It is forked from this process, which must have one thread only, so that
    both share the memory of what this one has imported: a Python of its own
    would take 15 MiB more. When it dies, multiprocessing starts such a one.
    """
    context = forkserver(settings, serving)
    with _forked_instead_of_started():
        multiprocessing.forkserver.ensure_running()
    return context


def end() -> None:
    """End the forkserver at once; whoever waits for it is told by an error."""
    pid = _server._forkserver_pid
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def _forked_instead_of_started() -> Iterator[None]:
    _util.spawnv_passfds = _fork
    try:
        yield
    finally:
        _util.spawnv_passfds = _start_python


def _fork(path: bytes, arguments: Sequence[str], descriptors: Sequence[int]) -> int:
    """Do in a fork what ``python -c CODE`` would do, the last argument being the code; return the fork's id."""
    # Looking for garbage would write into the pages that are shared.
    gc.collect()
    gc.freeze()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _become_a_server(descriptors)
        exec(arguments[-1], {"__name__": "__main__"})  # noqa: S102  (multiprocessing's own code)
    except SystemExit:
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _become_a_server(descriptors: Sequence[int]) -> None:
    """Keep nothing of the supervisor but its memory and these descriptors."""
    _util.spawnv_passfds = _start_python
    # It is locked, since it is about to note this very process.
    _server.__init__()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    setproctitle("berth forkserver")
    sys.argv[:] = ["-c"]
    for number in [int(entry.name) for entry in Path("/dev/fd").iterdir()]:
        if number not in (0, 1, 2, *descriptors):
            with suppress(OSError):  # listing needed one itself
                os.close(number)


def _to_preload(settings: Settings, serving: Serving) -> list[str]:
    if settings.preload == ("none",):
        return []
    scripts = serving.third_party() if settings.preload == ("auto",) else settings.preload
    return ["panel", "berth.replica.guest.server", *scripts, *PREPARATIONS]
