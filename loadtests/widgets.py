"""The widgets of a page as a person meets them, read from its document: of Bokeh, of Panel, and Material's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loadtests.document import Document, Model, choices, readable
from loadtests.kinds import CLICKED, PREFIX, SET, SEVERAL, SWITCHES, THROTTLED, UNLABELLED
from loadtests.protocol import changed, happened

MATERIAL = "ReactComponent"
"""Type of all models of panel_material_ui; the class name says which widget it is."""

ON, OFF = frozenset({"on", "yes", "true", "1"}), frozenset({"off", "no", "false", "0"})
"""What a person may call the two values of a switch."""


@dataclass(frozen=True)
class Widget:
    """A widget of one document, the ``number``-th of its kind and label.

    ``model`` gets events, ``holder`` has its attributes: two models for one of Material's.
    """

    kind: str
    label: str
    number: int
    model: Model
    holder: Model

    @property
    def attribute(self) -> str:
        """The attribute that a person sets."""
        return SET[self.kind][0] if self.kind in SET else "value"

    @property
    def value(self) -> Any:
        """What it is set to."""
        return self.holder.attributes.get(self.attribute)

    @property
    def values(self) -> list[Any]:
        """What it can be set to in turn, the present value at last; empty where it is pressed, or nothing is known."""
        return SET[self.kind][1](self.holder.attributes) if self.kind in SET else []

    @property
    def options(self) -> list[tuple[Any, str]]:
        """What can be chosen: pairs of a value and what a person reads."""
        given = self.holder.attributes
        if self.attribute == "active":
            labels = given.get("labels")
            return [(number, readable(str(label))) for number, label in enumerate(labels)] if labels else []
        return choices(given.get("options") or given.get("completions"))

    @property
    def disabled(self) -> bool:
        """Whether it cannot be used just now."""
        return self._any("disabled", True)

    @property
    def hidden(self) -> bool:
        """Whether nobody sees it."""
        return self._any("visible", False)

    def option(self, shown: Any) -> Any:
        """Return the value that a person reads as ``shown``: an option's by its text, a switch's as on or off.

        What is no option is a value itself, and so is what has this value. Where several can be chosen it
        stands for itself alone.
        """
        text = str(shown)
        if self.kind in SWITCHES:
            return text.casefold() in ON if text.casefold() in ON | OFF else shown
        by_text = [value for value, said in self.options if said == text]
        by_value = [value for value, _ in self.options if str(value) == text]
        chosen = (by_text or by_value or [shown])[0]
        return [chosen] if self.kind in SEVERAL and not isinstance(chosen, list) else chosen

    def press(self, label: str) -> list[dict[str, Any]]:
        """Return what a browser sends when a person clicks on its ``label``, or on that of one of its options.

        Raises LookupError for a menu without items.
        """
        if self.kind in SWITCHES:
            return self.put(not self.value)
        pressed = next((value for value, said in self.options if said.casefold() == label.casefold()), None)
        if pressed is not None and self.kind in SEVERAL:
            now = self.value or []
            return self.put([one for one in now if one != pressed] if pressed in now else [*now, pressed])
        if pressed is not None:
            return self.put(pressed)
        if self.model.type == MATERIAL:
            return [happened("dom_event", self.model.id, node="click", data={"type": "map", "entries": []})]
        if self.kind == "Dropdown":
            return [happened("menu_item_click", self.model.id, item=self._first_item())]
        return [happened("button_click", self.model.id)]

    def put(self, value: Any) -> list[dict[str, Any]]:
        """Set it, and return what a browser sends for that."""
        self.holder.attributes[self.attribute] = value
        throttled = ["value_throttled"] if self.kind in THROTTLED else []
        return [changed(self.holder.id, attribute, value) for attribute in (self.attribute, *throttled)]

    def _any(self, attribute: str, value: bool) -> bool:
        return any(model.attributes.get(attribute) is value for model in (self.model, self.holder))

    def _first_item(self) -> Any:
        """Return the value of the first item of a menu, whose items are texts, pairs of text and value, or lines."""
        menu = self.holder.attributes.get("menu")
        items = [item for item in menu if item] if isinstance(menu, list) else []
        if not items:
            raise LookupError(f"the menu {self.label!r} has no items")
        return items[0][-1] if isinstance(items[0], list) else items[0]


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


def find(document: Document, label: str) -> Widget:
    """Return the first widget that a person reads as ``label``, or that has an option of this name and no label.

    Otherwise it is whatever has that label. Case and icons' markup do not count. Raises
    LookupError, which lists what there is.
    """
    wanted, group = label.casefold(), None
    for widget in widgets(document):
        if widget.label.casefold() == wanted:
            return widget
        if group is None and not widget.label and wanted in (said.casefold() for _, said in widget.options):
            group = widget
    if group:
        return group
    model = document.find(label)
    return Widget(model.type, model.label, 0, model, model)


def _holder(document: Document, model: Model) -> Model:
    data = model.attributes.get("data")
    if model.type != MATERIAL or not isinstance(data, dict):
        return model
    return document.models.get(str(data.get("id")), model)
