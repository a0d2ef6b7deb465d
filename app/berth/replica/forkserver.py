"""The server from which berths are forked, with what they need already imported."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import signal
from contextlib import suppress
from multiprocessing.context import ForkServerContext

from berth.replica import preload
from berth.serving import Serving
from berth.settings import Settings
from berth.tickets import Keys

KEPT_FROM_DASHBOARDS = ("COOKIE_SECRET", "CREDENTIALS", "PANEL_OAUTH_SECRET")
"""Variables that are taken out of the environment, in which dashboards could read them."""

PREPARATIONS = (
    "berth.replica.guest.takeover:open_no_servers",
    "berth.replica.guest.problems:keep_tracebacks_here",
    "berth.replica.guest.practice:practise",
    "berth.replica.guest.lean:leave_out",
)
"""What every berth would do else at its start, in memory of its own."""


def forkserver(settings: Settings, serving: Serving) -> ForkServerContext:
    """Prepare the forkserver of this process; it starts with the first berth."""
    for name in KEPT_FROM_DASHBOARDS:
        os.environ.pop(name, None)
    os.environ["BOKEH_SECRET_KEY"] = Keys(settings.cookie_secret).derived("sessions")
    os.environ["BOKEH_SIGN_SESSIONS"] = "true"
    os.environ[preload.VARIABLE] = ",".join(_to_preload(settings, serving))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["berth.replica.preload"])
    return context


def start(settings: Settings, serving: Serving) -> ForkServerContext:
    """Start the forkserver and return at once, while it imports."""
    context = forkserver(settings, serving)
    multiprocessing.forkserver.ensure_running()
    return context


def end() -> None:
    """End the forkserver at once; whoever waits for it is told by an error."""
    pid = multiprocessing.forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]  # kept privately
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _to_preload(settings: Settings, serving: Serving) -> list[str]:
    if settings.preload == ("none",):
        return []
    scripts = serving.third_party() if settings.preload == ("auto",) else settings.preload
    return ["panel", "berth.replica.guest.server", *scripts, *PREPARATIONS]
