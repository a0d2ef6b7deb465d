"""The widgets that show a view and change it."""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from html import escape
from typing import Any

import panel as pn

from berth.dashboards.exploring.look import WIDGET_STYLE
from berth.dashboards.exploring.source import Choice, Source
from berth.dashboards.exploring.view import View

SHARED = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [WIDGET_STYLE]}
_GRID = {"display": "grid", "grid-template-columns": "1fr 1fr", "gap": "0.75rem", "align-content": "start"}
_WHOLE = {"grid-column": "1 / -1"}


class Controls:
    """One widget for each choice of a source, in two columns; `changed` is called when a visitor used one."""

    def __init__(self, view: View, changed: Callable[[], None]) -> None:
        self.ways = pn.Column(**SHARED, styles=_GRID)
        self.filters = pn.Column(**SHARED, styles=_GRID)
        self.widgets: dict[str, Any] = {}
        self._source: Source | None = None
        self._changed = changed
        self._shows = False
        self.show(view)

    def view(self) -> View:
        """What the widgets say."""
        assert self._source
        return View(self._source, {key: widget.value for key, widget in self.widgets.items()})

    def show(self, view: View) -> None:
        """Let the widgets say `view`, with other widgets if it is of another source."""
        if view.source is not self._source:
            self._source = view.source
            self.widgets = {key: self._widget(choice) for key, choice in view.source.choices.items()}
            self.ways.objects = self._of(view.source.ways)
            self.filters.objects = self._of(view.source.filters)
        self._shows = True
        for key, widget in self.widgets.items():
            widget.value = copy(view[key])  # a widget's list is its own
        self._shows = False

    def _of(self, choices: Mapping[str, Any]) -> list[Any]:
        return [self.widgets[key] for key in choices]

    def _widget(self, choice: Choice) -> Any:
        kind = pn.widgets.MultiChoice if choice.many else pn.widgets.Select
        widget = kind(**dict(_made(choice)))
        widget.param.watch(self._used, "value")
        return widget

    def _used(self, *_events: Any) -> None:
        if not self._shows:
            self._changed()


def _made(choice: Choice) -> Iterator[tuple[str, Any]]:
    yield from SHARED.items()
    yield "label", choice.title
    if choice.many:
        yield "placeholder", f"All {choice.title.lower()}"
    # The widget for many takes labels for HTML.
    shown = escape if choice.many else str
    yield "options", {shown(label): value for value, label in choice.options.items()}
    yield "value", copy(choice.default)
    yield "styles", {} if choice.narrow else _WHOLE
