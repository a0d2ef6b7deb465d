"""The document: what stands on the page, what changes, and what a server describes wrongly."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import pytest

from loadtests.document import Document, readable
from loadtests.protocol import ProtocolError
from tests.loadtests.made import loaded, model


@pytest.fixture
def document() -> Document:
    """A column with a button, a slider and a result."""
    button = model("p2", "panel.models.widgets.Button", label="<b>Run</b> now", tags=["start"])
    slider = model("p3", "Slider", title="Rows", value=3)
    result = model("p4", "panel.models.markup.HTML", text="&lt;p&gt;nothing yet&lt;/p&gt;")
    return loaded(model("p1", "Column", children=[button, slider, result]))


def test_widgets_are_found_by_what_a_person_reads_by_type_and_by_tag(document: Document) -> None:
    assert document.find("run now").id == "p2"
    assert document.find("Rows").id == "p3"
    assert document.find(type="HTML").id == "p4"
    assert document.find(tag="start").type == "Button"


def test_what_is_not_there_is_said_with_what_is(document: Document) -> None:
    with pytest.raises(LookupError, match=r"nothing on the page has label 'Go'; there are .*Button 'Run now'"):
        document.find("Go")


def test_a_change_is_applied_and_its_text_is_what_a_person_reads(document: Document) -> None:
    change = {"kind": "ModelChanged", "model": {"id": "p4"}, "attr": "text", "new": "&lt;p&gt;task 1 &amp;amp; done"}
    assert document.patch({"events": [change]}) == ["task 1 & done"]
    assert document.models["p4"].attributes["text"] == change["new"]


def test_models_that_come_with_a_change_are_found_and_those_that_they_replace_are_not(document: Document) -> None:
    new = [{"id": "p3"}, model("p9", "Button", label="Stop")]
    document.patch({"events": [{"kind": "ModelChanged", "model": {"id": "p1"}, "attr": "children", "new": new}]})
    assert document.find("Stop").id == "p9"
    with pytest.raises(LookupError):
        document.find("Run now")
    document.forget_unreachable()
    assert set(document.models) == {"p1", "p3", "p9"}


def test_roots_come_and_go(document: Document) -> None:
    document.patch({"events": [{"kind": "RootAdded", "model": model("p8", "Div", text="hello")}]})
    assert document.roots == ["p1", "p8"]
    document.patch({"events": [{"kind": "RootRemoved", "model": {"id": "p1"}}]})
    assert [one.id for one in document.reachable()] == ["p8"]


def test_models_that_refer_to_each_other_are_walked_once() -> None:
    document = loaded(model("p1", "A", other={"id": "p2"}), model("p2", "B", other={"id": "p1"}))
    assert [one.id for one in document.reachable()] == ["p1", "p2"]


@pytest.mark.parametrize("content", [{}, {"doc": None}, {"doc": {"roots": 3}}, {"doc": {"roots": [{}]}}])
def test_a_document_without_roots_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        Document().load(content)


@pytest.mark.parametrize("content", [{}, {"events": 3}, {"events": [3]}, {"events": [{"kind": "ModelChanged"}]}])
def test_a_patch_without_events_is_refused(document: Document, content: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        document.patch(content)


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_described_is_taken_or_refused(document: Document, seed: int) -> None:
    chance = random.Random(seed)
    with suppress(ProtocolError):
        texts = document.patch({"events": [_value(chance, 4) for _ in range(3)]})
        assert all(isinstance(text, str) for text in texts)
    document.forget_unreachable()
    assert {one.id for one in document.reachable()} == set(document.models)


def _value(chance: random.Random, depth: int) -> Any:
    simple = [None, True, -1, 1e300, "ModelChanged", "RootAdded", "p1", "object", "\x00<", []]
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(simple)
    if chance.random() < 0.3:
        return [_value(chance, depth - 1) for _ in range(3)]
    keys = ("kind", "model", "id", "type", "attr", "new", "attributes", "name", "title")
    return {key: _value(chance, depth - 1) for key in keys if chance.random() < 0.7}


def test_markup_is_not_read() -> None:
    assert readable("&lt;p&gt;5 &amp;lt; 6&lt;/p&gt;") == "5 < 6"
