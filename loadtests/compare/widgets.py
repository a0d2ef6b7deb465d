"""What a person can press or set on a page, read from its document, for Bokeh's, Panel's and Material's widgets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loadtests.compare.kinds import CLICKED, PREFIX, SET, THROTTLED, UNLABELLED, option_value
from loadtests.document import Document, Model
from loadtests.protocol import changed, happened

MATERIAL = "ReactComponent"
"""Type of all models of panel_material_ui; the class name says which widget it is."""

FORBIDDEN = re.compile(
    r"\b(log[ -]?out|sign[ -]?out|exit|quit|leave|close|cancel|abort|stop|kill|terminate|shut[ -]?down|restart|reboot"
    r"|delete|remove|erase|wipe|purge|truncate|destroy|drop|clear all|reset all|unsubscribe"
    r"|save|overwrite|send|e-?mail|publish|deploy|pay|buy|purchase|checkout|order now"
    r"|abmelden|ausloggen|beenden|abbrechen|löschen|entfernen|senden|speichern|kaufen"
    r"|déconnexion|supprimer|arrêter|envoyer|enregistrer|cerrar sesión|eliminar|borrar|enviar|guardar)\b",
    re.IGNORECASE,
)
"""Labels of what is not pressed without being told: it may end, delete, send or cost something."""


@dataclass(frozen=True)
class Action:
    """Something that a person can do on a page of any session of the app.

    The widget is the ``number``-th of its ``kind`` and ``label``. Without
    ``attribute`` it is pressed, else the attribute gets ``values`` in turn,
    of which the last is what it had.
    """

    kind: str
    label: str
    number: int
    attribute: str = ""
    values: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in reports: ``click "Run"``."""
        which = f'"{self.label}"' if self.label else f"a {_plain(self.kind)} without a label"
        return f"{'set' if self.attribute else 'click'} {which}"

    @property
    def forbidden(self) -> bool:
        """Whether its label says that it should not be pressed without being told."""
        return bool(FORBIDDEN.search(self.label))

    def events(self, document: Document, turn: int) -> list[dict[str, Any]]:
        """Return what a browser sends for it. Raises LookupError where the page has no such widget now."""
        widget = next((one for one in widgets(document) if one.is_of(self)), None)
        if widget is None:
            raise LookupError(f"the page no longer has what it takes to {self.name}")
        return widget.events(self, turn)


@dataclass(frozen=True)
class Widget:
    """A widget of one document. ``model`` gets events, ``holder`` has its attributes."""

    kind: str
    label: str
    number: int
    model: Model
    holder: Model

    def is_of(self, action: Action) -> bool:
        """Return whether the action is one on this widget."""
        return (self.kind, self.label, self.number) == (action.kind, action.label, action.number)

    def action(self) -> Action | None:
        """Return what can be done with it, if anything."""
        if self.kind in CLICKED:
            return Action(self.kind, self.label, self.number)
        attribute, values = SET[self.kind]
        found = values(self.holder.attributes)
        return Action(self.kind, self.label, self.number, attribute, tuple(found)) if len(found) > 1 else None

    def events(self, action: Action, turn: int) -> list[dict[str, Any]]:
        """Return the events of the action."""
        if not action.attribute:
            return [self._click()]
        value = action.values[turn % len(action.values)]
        self.holder.attributes[action.attribute] = value
        throttled = ["value_throttled"] if self.kind in THROTTLED else []
        return [changed(self.holder.id, attribute, value) for attribute in (action.attribute, *throttled)]

    def _click(self) -> dict[str, Any]:
        if self.model.type == MATERIAL:
            return happened("dom_event", self.model.id, node="click", data={"type": "map", "entries": []})
        if self.kind == "Dropdown":
            return happened("menu_item_click", self.model.id, item=option_value(self.holder.attributes["menu"][0]))
        return happened("button_click", self.model.id)


def actions(document: Document) -> list[Action]:
    """Return what can be done on the page as it is, in the order of its widgets."""
    usable = (widget for widget in widgets(document) if not _hidden(widget))
    return [action for widget in usable if (action := widget.action())]


def widgets(document: Document) -> Iterator[Widget]:
    """Yield the widgets whose kind is known."""
    seen: Counter[tuple[str, str]] = Counter()
    for model in document.reachable():
        holder = _holder(document, model)
        kind = f"{PREFIX}{model.attributes.get('class_name')}" if model.type == MATERIAL else model.type
        if kind not in CLICKED and kind not in SET:
            continue
        label = "" if kind in UNLABELLED else holder.label
        yield Widget(kind, label, seen[kind, label], model, holder)
        seen[kind, label] += 1


def _holder(document: Document, model: Model) -> Model:
    data = model.attributes.get("data")
    if model.type != MATERIAL or not isinstance(data, dict):
        return model
    return document.models.get(str(data.get("id")), model)


def _hidden(widget: Widget) -> bool:
    given = (widget.model.attributes, widget.holder.attributes)
    return any(found.get("visible") is False or found.get("disabled") is True for found in given)


def _plain(kind: str) -> str:
    """Return ``RadioButtonGroup`` as ``radio button group``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.removeprefix("Custom").removeprefix(PREFIX)).lower()
