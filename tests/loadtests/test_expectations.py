"""What a tab waits for: when a widget can be used again."""

from __future__ import annotations

from typing import Any

from loadtests.document import Document
from loadtests.expectations import Enabled
from loadtests.protocol import Message
from tests.loadtests.made import loaded, model

PATCH = Message("PATCH-DOC", "", {}, 0)


def page() -> Document:
    return loaded(model("p1", "Column", children=[model("p2", "Button", label="Run")]))


def heard(expected: Enabled, document: Document, *changes: tuple[str, Any]) -> list[bool]:
    """What it says after each change of the button."""
    met = []
    for name, value in changes:
        document.models["p2"].attributes[name] = value
        expected.hear(PATCH, (), document, 1.0)
        met.append(expected.met is not None)
    return met


def test_a_job_is_over_when_its_button_was_disabled_and_is_no_longer() -> None:
    changes = (("icon", "x"), ("disabled", True), ("icon", "y"), ("disabled", False))
    assert heard(Enabled("Run"), page(), *changes) == [False, False, False, True]


def test_a_button_that_is_replaced_meanwhile_is_found_again() -> None:
    expected, first, second = Enabled("Run"), page(), page()
    assert heard(expected, first, ("disabled", True)) == [False]
    assert heard(expected, second, ("icon", "y")) == [True]


def test_a_button_that_is_gone_is_waited_for() -> None:
    expected, document = Enabled("Run"), page()
    heard(expected, document, ("disabled", True))
    document.load({"doc": {"roots": []}})
    expected.hear(PATCH, (), document, 1.0)
    assert expected.met is None
    assert str(expected) == "the moment in which 'Run' can be used again"
