"""Something to do in a tab, and the apps of which it is known what there is to do: no Locust is needed for these."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from berth.errors import ConfigurationError
from loadtests.expectations import Enabled
from loadtests.steps import Work
from loadtests.tab import Tab
from loadtests.widgets import Widget

ENABLED = "{enabled}"
"""In place of a text: the widget itself shows the end, since it can be used again."""


@dataclass(frozen=True)
class Action:
    """Something to press (``Run``), or to set to values in turn (``Rows=10|20``).

    ``done`` is a regular expression for the text that shows the end, ``{n}`` in
    it the number of the task in this tab; or ``{enabled}``, where the app
    disables the widget meanwhile; where it is empty, the server's answer is the
    end.
    """

    what: str
    done: str = ""

    @classmethod
    def of(cls, option: str, what: str, done: str) -> Action:
        """Check what an option says. Raises ConfigurationError."""
        if not what.strip():
            raise ConfigurationError(f"--{option} is empty: give a button's label, or LABEL=VALUE|VALUE.")
        if "=" in what and len(set(_values(what))) < 2:
            raise ConfigurationError(f"--{option} {what!r} changes nothing: give two values, as in LABEL=VALUE|VALUE.")
        if ENABLED in done and done != ENABLED:
            raise ConfigurationError(f"--{option}-done {done!r}: {ENABLED} stands alone, without any other text.")
        try:
            re.compile(done.replace("{n}", "1"))
        except re.error as error:
            raise ConfigurationError(f"--{option}-done {done!r} is no regular expression: {error}.") from None
        return cls(what, done)

    def perform(self, tab: Tab, number: int, work: Work = "", timeout: float = 0.0) -> float:
        """Do it for the ``number``-th time in this tab; return how long it took (s). Raises StepFailed."""
        label, equals, _ = self.what.partition("=")
        until = Enabled(label) if self.done == ENABLED else self.done.replace("{n}", str(number)) or None
        if not equals:
            return tab.click(label, until, work, timeout)
        return tab.set(label, self.next, until, work, timeout)

    def next(self, widget: Widget) -> Any:
        """Return the value that comes after the one that the widget has."""
        values = [widget.option(_typed(text)) for text in _values(self.what)]
        return values[(values.index(widget.value) + 1) % len(values) if widget.value in values else 0]


@dataclass(frozen=True)
class Target:
    """The app: its page, a quick task and a heavy one."""

    page: str
    quick: Action
    heavy: Action


PRESETS = {
    "lock": Target("/lock", Action("Quick", "quick task {n} done"), Action("Heavy", "heavy task {n} done")),
    "explorer": Target(
        "/explorer",
        Action("Measure=Arrival delay|Departure delay", r"delay \(min\) by airline"),
        Action("Compute intervals", ENABLED),
    ),
}


def _values(what: str) -> list[str]:
    return what.partition("=")[2].split("|")


def _typed(text: str) -> Any:
    """Return a number where the text is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
