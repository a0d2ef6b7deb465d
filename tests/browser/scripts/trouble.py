"""A dashboard that goes wrong in every way that a query or a button asks for."""

import os
import signal

import panel as pn

pn.extension()

asked = pn.state.location.search if pn.state.location else ""
if "die" in asked:
    os.kill(os.getpid(), signal.SIGKILL)
if "fail" in asked:
    raise RuntimeError("planted while the page is made")


def fail(_event):
    raise RuntimeError("planted in a callback")


async def fail_later(_event):
    raise RuntimeError("planted in a coroutine")


def die(_event):
    os.kill(os.getpid(), signal.SIGKILL)


counter = pn.widgets.Button(name="Count")
count = pn.bind(lambda clicks: f"Counted {clicks}", counter.param.clicks)
pn.Column(
    pn.widgets.Button(name="Fail", on_click=fail),
    pn.widgets.Button(name="Fail later", on_click=fail_later),
    pn.widgets.Button(name="Die", on_click=die),
    counter,
    pn.pane.Str(count),
).servable(title="Trouble")
