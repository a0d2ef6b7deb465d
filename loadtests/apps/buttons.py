"""The page that the apps here share: ``Quick`` and ``Heavy``, and a result that names the task's number.

``TASK_SECONDS`` (``quick,heavy``) sets how long the tasks take. A waiter that
looks for the number cannot take an older result for its own.
"""

import inspect
import os
from collections.abc import Callable

import panel as pn

QUICK, HEAVY = (float(text) for text in os.environ.get("TASK_SECONDS", "0.3,5").split(","))


class Page:
    """What one session shows. ``task`` takes seconds and may be a coroutine function."""

    def __init__(self, title: str, task: Callable[[float], object]) -> None:
        self.task = task
        self.done = 0
        self.result = pn.pane.Str("nothing yet", name="result")
        run = self.run_async if inspect.iscoroutinefunction(task) else self.run
        buttons = [self._button("Quick", QUICK, run), self._button("Heavy", HEAVY, run)]
        pn.Column(f"# {title}", pn.Row(*buttons), self.result).servable(title=title)

    def run(self, name: str, seconds: float) -> None:
        """Do a task and say so."""
        self.task(seconds)
        self.say(name)

    async def run_async(self, name: str, seconds: float) -> None:
        """Do a task that is a coroutine and say so."""
        await self.task(seconds)
        self.say(name)

    def say(self, name: str) -> None:
        """Show that one more task is done."""
        self.done += 1
        self.result.object = f"{name} task {self.done} done"

    def _button(self, label: str, seconds: float, run: Callable[[str, float], object]) -> pn.widgets.Button:
        def press(_: object) -> object:
            return run(label.lower(), seconds)

        async def press_async(_: object) -> None:
            await run(label.lower(), seconds)

        return pn.widgets.Button(name=label, on_click=press_async if inspect.iscoroutinefunction(run) else press)
