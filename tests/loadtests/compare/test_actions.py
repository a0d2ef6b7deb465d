"""What can be done on a page, and what is sent for it."""

from __future__ import annotations

from typing import Any

import pytest

from loadtests.compare.actions import Action, actions
from tests.loadtests.made import loaded, model


def only(*models: dict[str, Any]) -> Action:
    (action,) = actions(loaded(*models))
    return action


def test_a_button_is_pressed_by_the_event_that_a_browser_sends() -> None:
    page = loaded(model("b", "panel.models.widgets.Button", label="Run"))
    (action,) = actions(page)
    assert action.name == 'click "Run"'
    (event,) = action.events(page, 0)
    assert event["msg_data"]["name"] == "button_click"
    assert event["msg_data"]["values"]["entries"] == [["model", {"id": "b"}]]


@pytest.mark.parametrize(
    ("name", "attributes", "attribute", "values"),
    [
        ("Toggle", {"label": "t"}, "active", (True, False)),
        ("Checkbox", {"label": "t", "active": True}, "active", (False, True)),
        ("RadioGroup", {"labels": ["a", "b", "c"], "active": 1}, "active", (0, 2, 1)),
        ("CheckboxGroup", {"labels": ["a", "b"], "active": [0, 1]}, "active", ([1], [0, 1])),
        ("panel.models.widgets.CustomSelect", {"options": [["1", "A"], ["2", "B"]], "value": "1"}, "value", ("2", "1")),
        ("Select", {"options": ["a", "b", "c"], "value": "a"}, "value", ("b", "c", "a")),
        ("MultiChoice", {"options": ["a", "b"]}, "value", (["a"], [])),
        ("Slider", {"title": "s", "start": 0, "end": 3, "value": 2}, "value", (3, 1, 0, 2)),
        ("Slider", {"start": 0, "end": 1, "value": 0.5, "step": 0.5}, "value", (1.0, 0.0, 0.5)),
        ("RangeSlider", {"start": 0, "end": 10, "value": [2, 5], "step": 1}, "value", ([3, 5], [2, 5])),
        ("Spinner", {"value": 9, "low": 0, "high": 9}, "value", (8, 7, 6, 9)),
        ("panel.models.widgets.TextInput", {"title": "x", "value": "cat"}, "value", ("cat ", "cat")),
        ("DatePicker", {"value": "2020-02-29"}, "value", ("2020-03-01", "2020-02-29")),
    ],
)
def test_a_widget_is_set_to_other_values_and_at_last_to_its_own(
    name: str, attributes: dict[str, Any], attribute: str, values: tuple[Any, ...]
) -> None:
    action = only(model("m", name, **attributes))
    assert (action.attribute, action.values) == (attribute, values)


def test_a_slider_says_too_that_it_was_let_go_of() -> None:
    page = loaded(model("s", "Slider", title="Rows", start=0, end=9, value=1))
    (action,) = actions(page)
    assert [(event["attr"], event["new"]) for event in action.events(page, 0)] == [("value", 2), ("value_throttled", 2)]


@pytest.mark.parametrize("menu", [["one", "two"], [["One", "one"], ["Two", "two"]], [None, ["One", "one"]]])
def test_the_first_item_of_a_menu_is_chosen_by_its_value(menu: list[Any]) -> None:
    page = loaded(model("d", "Dropdown", label="More", menu=menu))
    (action,) = actions(page)
    (event,) = action.events(page, 0)
    assert ["item", "one"] in event["msg_data"]["values"]["entries"]


def test_a_widget_is_not_called_as_a_template_calls_its_part_in_one_session_alone() -> None:
    pages = []
    for part in ("nav-139705896210064", "nav-139705896217777"):
        group = model("r", "RadioButtonGroup", labels=["x", "y"])
        group["attributes"]["name"] = part
        pages.append(loaded(group))
    first, other = pages
    (action,) = actions(first)
    assert action.name == "set a radio button group without a label"
    assert action.events(other, 0)


def test_what_cannot_be_used_is_left_alone() -> None:
    page = loaded(
        model("a", "Button", label="Off", disabled=True),
        model("b", "Button", label="Hidden", visible=False),
        model("c", "Select", options=["one"], value="one"),
        model("d", "PasswordInput", title="Password"),
        model("e", "Div", text="Run"),
    )
    assert actions(page) == []


@pytest.mark.parametrize("label", ["Log out", "Sign-out", "Delete all", "Stop", "Shut down", "Send e-mail", "Löschen"])
def test_what_may_end_or_delete_something_is_not_pressed(label: str) -> None:
    assert only(model("b", "Button", label=label)).forbidden


@pytest.mark.parametrize("label", ["Run", "Start", "Compute", "Stopwords", "Refresh", "Update", "Submit", "Apply"])
def test_what_starts_work_is_pressed(label: str) -> None:
    assert not only(model("b", "Button", label=label)).forbidden


def test_material_widgets_get_their_own_events() -> None:
    data = {"data": model("d", "Button1", label="Run"), "class_name": "Button"}
    switch = {"data": model("e", "Switch1", label="Big", value=True), "class_name": "Switch"}
    name = "panel.models.esm.ReactComponent"
    page = loaded(model("r", name, **data), model("s", name, **switch))
    press, flip = actions(page)
    (event,) = press.events(page, 0)
    assert event["msg_data"]["name"] == "dom_event"
    assert event["msg_data"]["values"]["entries"][:2] == [["model", {"id": "r"}], ["node", "click"]]
    assert (flip.name, flip.attribute, flip.values) == ('set "Big"', "value", (False, True))
    assert flip.events(page, 0)[0]["model"] == {"id": "e"}


def test_an_action_fits_the_same_widget_of_another_session() -> None:
    first = loaded(model("a", "Button", label="Go"), model("b", "Button", label="Go"))
    other = loaded(model("x", "Button", label="Go"), model("y", "Button", label="Go"))
    second_button = actions(first)[1]
    (event,) = second_button.events(other, 0)
    assert event["msg_data"]["values"]["entries"] == [["model", {"id": "y"}]]
    with pytest.raises(LookupError, match='click "Go"'):
        second_button.events(loaded(model("z", "Button", label="Go")), 0)
