"""What options and presets describe: which value comes next, and that the shipped dashboard has what is pressed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from berth.dashboards.exploring import texts
from berth.dashboards.exploring.explorer import Explorer
from berth.dashboards.exploring.summary import groups
from berth.dashboards.exploring.view import View
from loadtests.action import PRESETS, Action
from loadtests.widgets import Widget, find
from tests.loadtests.made import loaded, model

OPTIONS = [["a", "First"], ["b", "Second"], ["c", "Third"]]


def select(**attributes: Any) -> Widget:
    return find(loaded(model("p1", "CustomSelect", title="Kind", **attributes)), "Kind")


@pytest.mark.parametrize(
    ("what", "attributes", "value"),
    [
        ("Kind=First|Third", {"options": OPTIONS, "value": "a"}, "c"),
        ("Kind=First|Third", {"options": OPTIONS, "value": "c"}, "a"),
        ("Kind=First|Third", {"options": OPTIONS, "value": "b"}, "a"),
        ("Kind=a|c", {"options": OPTIONS, "value": "a"}, "c"),
        ("Kind=10|20", {"options": [["10", "10"], ["20", "20"]], "value": "10"}, "20"),
        ("Kind=x|y", {"options": {"type": "map", "entries": [["group", ["x", "y"]]]}, "value": "x"}, "y"),
        ("Rows=10|20", {"value": 10}, 20),
        ("Rows=10|20", {}, 10),
        ("Share=0.5|1", {"value": 0.5}, 1),
        ("Name=cat|dog", {"value": "cat"}, "dog"),
    ],
)
def test_the_value_after_the_present_one_is_next_as_the_app_knows_it(
    what: str, attributes: dict[str, Any], value: Any
) -> None:
    assert Action(what).next(select(**attributes)) == value


def test_the_presets_fit_the_dashboard_that_ships() -> None:
    target, explorer = PRESETS["explorer"], Explorer()
    label, _, values = target.quick.what.partition("=")
    measure = explorer.controls.widgets["measure"]
    assert measure.label == label
    assert explorer.estimate.start.label == target.heavy.what
    for title in values.split("|"):
        view = View(explorer.view.source, {"measure": measure.options[title]})
        said = texts.sentence(groups(view.rows(), view), view)
        assert re.search(target.quick.done, said)
