"""Widgets are found, read, pressed and set as a person does it, whatever models they are made of."""

from __future__ import annotations

from typing import Any

import pytest

from loadtests.widgets import find
from tests.loadtests.made import loaded, material, model

PAIRS = [["1", "A"], ["2", "B"]]


@pytest.mark.parametrize(
    ("widget", "shown", "attribute", "value"),
    [
        (model("w", "Select", title="It", options=PAIRS), "B", "value", "2"),
        (model("w", "AutocompleteInput", title="It", completions=["cat", "dog"]), "dog", "value", "dog"),
        (model("w", "MultiChoice", title="It", options=PAIRS), "B", "value", ["2"]),
        (model("w", "MultiChoice", title="It", options=PAIRS), ["1", "2"], "value", ["1", "2"]),
        (model("w", "RadioButtonGroup", name="It", labels=["Day", "Week"]), "Week", "active", 1),
        (model("w", "CheckboxGroup", name="It", labels=["Day", "Week"]), "Week", "active", [1]),
        (model("w", "Checkbox", label="It"), "on", "active", True),
        (model("w", "Switch", label="It", active=True), "No", "active", False),
        (model("w", "Toggle", label="It"), True, "active", True),
        (model("w", "Spinner", title="It", value=3), 7, "value", 7),
        (material("m", "Select", label="It", options=PAIRS), "B", "value", "2"),
        (material("m", "RadioButtonGroup", label="It", options=["Day", "Week"]), "Week", "value", "Week"),
        (material("m", "CheckBoxGroup", label="It", options=["Day", "Week"]), "Week", "value", ["Week"]),
        (material("m", "Switch", label="It"), "on", "value", True),
    ],
)
def test_what_a_person_reads_is_what_the_widget_is_set_to(
    widget: dict[str, Any], shown: Any, attribute: str, value: Any
) -> None:
    found = find(loaded(model("t", "Div", text="It"), widget), "it")
    event, *_ = found.put(found.option(shown))
    holder = "m-data" if widget["id"] == "m" else "w"
    assert (event["model"], event["attr"], event["new"]) == ({"id": holder}, attribute, value)
    assert found.value == value


def test_a_widget_of_an_unknown_kind_has_a_value() -> None:
    (event,) = find(loaded(model("w", "SomebodysOwnInput", title="It", value=3)), "It").put(7)
    assert (event["model"], event["attr"], event["new"]) == ({"id": "w"}, "value", 7)


@pytest.mark.parametrize(
    ("widget", "label", "values"),
    [
        (model("w", "RadioGroup", labels=["Day", "Week"], active=0), "week", [1, 1]),
        (model("w", "CheckboxButtonGroup", labels=["Day", "Week"], active=[0]), "Week", [[0, 1], [0]]),
        (model("w", "Checkbox", label="Daily"), "daily", [True, False]),
        (material("m", "RadioBoxGroup", options=["Day", "Week"]), "Week", ["Week", "Week"]),
    ],
)
def test_what_is_chosen_by_a_click_is_chosen_by_its_own_name(
    widget: dict[str, Any], label: str, values: list[Any]
) -> None:
    page = loaded(model("s", "Select", title="Every", options=["Day", "Week"]), widget)
    assert [event["new"] for _ in values for event in find(page, label).press(label)] == values


def test_a_press_reaches_the_model_that_listens() -> None:
    page = loaded(model("a", "Button", label="Run"), material("b", "Button", label="Walk"))
    (run,), (walk,) = find(page, "Run").press("Run"), find(page, "Walk").press("Walk")
    assert (run["msg_data"]["name"], walk["msg_data"]["name"]) == ("button_click", "dom_event")
    assert walk["msg_data"]["values"]["entries"][0] == ["model", {"id": "b"}]


@pytest.mark.parametrize("part", ["outer", "inner"])
def test_a_widget_is_disabled_whichever_of_its_models_says_so(part: str) -> None:
    made = material("b", "Button", label="Run")
    (made if part == "outer" else made["attributes"]["data"])["attributes"]["disabled"] = True
    assert find(loaded(made), "Run").disabled
    assert not find(loaded(material("b", "Button", label="Run")), "Run").disabled


def test_a_label_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(LookupError, match=r"nothing on the page has label 'Go'; there are Button 'Run'"):
        find(loaded(model("a", "Button", label="Run")), "Go")
