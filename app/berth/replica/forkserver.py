"""The server from which berths are forked, with what they need already imported."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.context import ForkServerContext

from berth.replica import preload
from berth.serving import Serving
from berth.settings import Settings
from berth.tickets import Keys

KEPT_FROM_DASHBOARDS = ("COOKIE_SECRET", "CREDENTIALS")
"""Variables that are taken out of the environment, in which dashboards could read them."""


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


def _to_preload(settings: Settings, serving: Serving) -> list[str]:
    if settings.preload == ("none",):
        return []
    scripts = serving.third_party() if settings.preload == ("auto",) else settings.preload
    return ["panel", "berth.replica.guest.server", *scripts, "berth.replica.guest.practice:practise"]
