"""An app as many are: every session takes one lock of a class and sleeps under it.

Two buttons, ``Quick`` and ``Heavy``; the result names the task's number, so that a
waiter cannot take an older one for its own. ``LOCK_APP_SECONDS`` (``quick,heavy``)
sets how long they take.
"""

import os
import threading
import time

import panel as pn

pn.extension()

QUICK, HEAVY = (float(text) for text in os.environ.get("LOCK_APP_SECONDS", "1,5").split(","))


class Model:
    """The shared model with its lock: one for all sessions of a process, for each of which the script runs anew."""

    lock = pn.state.as_cached("lock", threading.Lock)

    @classmethod
    def compute(cls, seconds: float) -> float:
        """Pretend to compute."""
        with cls.lock:
            time.sleep(seconds)
        return seconds


class App:
    """What one session shows."""

    def __init__(self) -> None:
        self.done = 0
        self.result = pn.pane.Str("nothing yet", name="result")
        self.quick = pn.widgets.Button(name="Quick", on_click=lambda _: self.run("quick", QUICK))
        self.heavy = pn.widgets.Button(name="Heavy", on_click=lambda _: self.run("heavy", HEAVY))

    def run(self, name: str, seconds: float) -> None:
        """Do a task and say so."""
        Model.compute(seconds)
        self.done += 1
        self.result.object = f"{name} task {self.done} done"


app = App()
pn.Column("# Lock", pn.Row(app.quick, app.heavy), app.result).servable(title="Lock")
