"""A callback that is ``async def`` and blocks all the same, as one does who forgets to await."""

import time

import panel as pn
from buttons import Page

pn.extension()


async def task(seconds: float) -> None:
    """Block the event loop."""
    time.sleep(seconds)  # noqa: ASYNC251  (that is what this app is for)


Page("Blocking", task)
