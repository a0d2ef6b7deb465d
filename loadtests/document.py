"""The models of a page's document, as the server's messages describe them.

Values stay in the form in which Bokeh's protocol writes them: references as
``{"id": …}``, maps as ``{"type": "map", "entries": […]}``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loadtests.protocol import ProtocolError

LABELS = ("label", "title", "name", "text")
"""Attributes that say what a person reads at a widget, the one that is most often meant first."""

PART = re.compile(r"-\d{6,}$")
"""How the names end that Panel's templates give to their parts: anew in every session, and nobody reads them."""

STRUCTURE = ("kind", "attr", "id", "type")
"""Keys of what the protocol itself says, which nobody reads."""

Attributes = dict[str, Any]


@dataclass
class Model:
    """One model: ``type`` is its class in one word (``Button``); ``attributes`` are those that differ from defaults."""

    id: str
    type: str
    attributes: Attributes = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What a person reads at it; empty if nothing."""
        for name in LABELS:
            found = self.attributes.get(name)
            if isinstance(found, str) and found.strip() and not (name == "name" and PART.search(found)):
                return readable(found)
        return ""

    @property
    def tags(self) -> list[Any]:
        """Its tags."""
        found = self.attributes.get("tags")
        return list(found) if isinstance(found, list) else []


class Document:
    """A page's document. Raises ProtocolError where a server describes it wrongly."""

    def __init__(self) -> None:
        self.title = ""
        self.roots: list[str] = []
        self.models: dict[str, Model] = {}

    def load(self, content: Mapping[str, Any]) -> None:
        """Take what a ``PULL-DOC-REPLY`` holds in place of what was there."""
        described = content.get("doc")
        if not isinstance(described, dict) or not isinstance(described.get("roots"), list):
            raise ProtocolError("the document that the server sent has no roots")
        self.title = str(described.get("title", ""))
        self.models = {}
        self._collect(described)
        self.roots = [_id(root) for root in described["roots"]]

    def patch(self, content: Mapping[str, Any]) -> list[str]:
        """Apply what a ``PATCH-DOC`` holds; return what a person could read anew, a text for each changed value."""
        events = content.get("events")
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise ProtocolError("a patch has no list of events")
        return [text for event in events for text in self._apply(event)]

    def find(self, label: str | None = None, type: str | None = None, tag: str | None = None) -> Model:
        """Return the first model that has all that is given. Raises LookupError, which lists what there is.

        ``label`` is compared without regard to case and icons' markup.
        """
        for model in self.reachable():
            if _fits(model, label, type, tag):
                return model
        wanted = ", ".join(f"{name} {value!r}" for name, value in _given(label, type, tag))
        there = sorted({f"{model.type} {model.label[:30]!r}" for model in self.models.values() if model.label})
        raise LookupError(f"nothing on the page has {wanted}; there are {', '.join(there[:20]) or 'no labels'}")

    def reachable(self) -> Iterator[Model]:
        """Yield the models that hang on the roots, in the order in which they stand."""
        seen: set[str] = set()
        due = list(reversed(self.roots))
        while due:
            model = self.models.get(due.pop())
            if model is None or model.id in seen:
                continue
            seen.add(model.id)
            yield model
            due += reversed(list(_references(model.attributes)))

    def forget_unreachable(self) -> None:
        """Drop the models that were replaced, so that a page that is open for hours stays small."""
        kept = {model.id for model in self.reachable()}
        self.models = {name: model for name, model in self.models.items() if name in kept}

    def _apply(self, event: Mapping[str, Any]) -> Iterator[str]:
        kind = event.get("kind")
        if kind == "ModelChanged":
            model = self.models.get(_id(event.get("model")))
            if model:
                model.attributes[str(event.get("attr"))] = event.get("new")
        elif kind == "TitleChanged":
            self.title = str(event.get("title", ""))
        self._collect(event)
        if kind == "RootAdded":
            self.roots.append(_id(event.get("model")))
        elif kind == "RootRemoved":
            self.roots = [root for root in self.roots if root != _id(event.get("model"))]
        yield from (readable(text) for text in _texts(event))

    def _collect(self, described: Any) -> None:
        for node in _nodes(described):
            if node.get("type") == "object" and isinstance(node.get("id"), str):
                attributes = node.get("attributes")
                kind = str(node.get("name", "")).rpartition(".")[2]
                self.models[node["id"]] = Model(node["id"], kind, attributes if isinstance(attributes, dict) else {})


def readable(text: str) -> str:
    """Return what a person reads of a text that may hold markup, escaped once or twice."""
    plain = re.sub(r"<[^<>]*>", " ", html.unescape(text))
    return " ".join(html.unescape(plain).split())


def choices(options: Any) -> list[tuple[Any, str]]:
    """Return the values of a widget's options, each with what a person reads; of groups those of all."""
    if isinstance(options, dict):
        groups = options.get("entries")
        return [pair for group in _pairs(groups) for pair in choices(group[1])]
    given = options if isinstance(options, list) else []
    pairs = (one if isinstance(one, list) and len(one) > 1 else (one, one) for one in given)
    return [(value, readable(str(text))) for value, text, *_ in pairs]


def _pairs(entries: Any) -> list[list[Any]]:
    given = entries if isinstance(entries, list) else []
    return [one for one in given if isinstance(one, list) and len(one) == 2]


def _fits(model: Model, label: str | None, type: str | None, tag: str | None) -> bool:
    if label is not None and model.label.casefold() != label.casefold():
        return False
    return type in (None, model.type) and (tag is None or tag in model.tags)


def _given(*values: str | None) -> list[tuple[str, str]]:
    return [(name, value) for name, value in zip(("label", "type", "tag"), values, strict=True) if value is not None]


def _id(described: Any) -> str:
    if not isinstance(described, dict) or not isinstance(described.get("id"), str):
        raise ProtocolError(f"a model has no id: {str(described)[:80]}")
    found: str = described["id"]
    return found


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping within a value, outer ones first."""
    due = [value]
    while due:
        node = due.pop()
        if isinstance(node, dict):
            yield node
            due += reversed(list(node.values()))
        elif isinstance(node, list):
            due += reversed(node)


def _references(attributes: Attributes) -> Iterator[str]:
    for node in _nodes(attributes):
        if isinstance(node.get("id"), str):
            yield node["id"]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text within a value, in order."""
    due: list[Any] = [value]
    while due:
        node = due.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            due += reversed([part for key, part in node.items() if key not in STRUCTURE])
        elif isinstance(node, Sequence):
            due += reversed(node)
