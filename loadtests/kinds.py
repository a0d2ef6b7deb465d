"""The kinds of widgets that can be pressed or set, and sensible other values for each of those that are set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from loadtests.document import choices

Values = Callable[[Mapping[str, Any]], list[Any]]
"""Returns, for a widget's attributes, values to set it to in turn; the present one is the last."""

PREFIX = "Material"
"""What precedes the class name in the kinds of those, since they have other attributes than Bokeh's of that name."""

DAY = 86_400_000.0
"""Milliseconds."""


def _switch(attribute: str) -> Values:
    def values(given: Mapping[str, Any]) -> list[Any]:
        now = bool(given.get(attribute))
        return [not now, now]

    return values


def _index(options: str, attribute: str = "active") -> Values:
    """One of several, by its number."""

    def values(given: Mapping[str, Any]) -> list[Any]:
        now, count = given.get(attribute, 0), len(_list(given.get(options)))
        return [*(number for number in range(count) if number != now), now][-MOST:]

    return values


def _indices(given: Mapping[str, Any]) -> list[Any]:
    """Any of several, by their numbers."""
    now = _list(given.get("active"))
    return [[number for number in now if number] if 0 in now else [0, *now], now] if given.get("labels") else []


def _one(options: str) -> Values:
    """One of several, by its value."""

    def values(given: Mapping[str, Any]) -> list[Any]:
        now = given.get("value")
        found = [value for value, _ in choices(given.get(options)) if value != now]
        return [*found[: MOST - 1], now]

    return values


def _some(given: Mapping[str, Any]) -> list[Any]:
    """Any of several, by their values."""
    now = _list(given.get("value"))
    first = next((value for value, _ in choices(given.get("options"))), None)
    if first is None:
        return []
    return [[value for value in now if value != first] if first in now else [*now, first], now]


def _slide(step: float) -> Values:
    """A number between two ends; a few steps away, since far away may mean far more work. ``step`` is the default."""

    def values(given: Mapping[str, Any]) -> list[Any]:
        low, high = _number(given.get("start"), 0), _number(given.get("end"), 1)
        now = _number(given.get("value"), low)
        return _steps(now, _number(given.get("step"), step), low, high)

    return values


def _slide_range(given: Mapping[str, Any]) -> list[Any]:
    low, high = _number(given.get("start"), 0), _number(given.get("end"), 1)
    now = given.get("value")
    if not isinstance(now, list) or len(now) != 2 or high <= low:
        return []
    width = _number(given.get("step"), 0) or (high - low) / 10
    first = now[0] + width if now[0] + width < now[1] else max(low, now[0] - width)
    return [[first, now[1]], now] if first != now[0] else []


def _spin(given: Mapping[str, Any]) -> list[Any]:
    low = _number(given.get("low", given.get("start")), float("-inf"))
    high = _number(given.get("high", given.get("end")), float("inf"))
    now = given.get("value")
    return [] if now is None else _steps(_number(now, 0), _number(given.get("step"), 1), low, high)


def _play(given: Mapping[str, Any]) -> list[Any]:
    low, high = _number(given.get("start"), 0), _number(given.get("end"), 10)
    return _steps(_number(given.get("value"), low), 1, low, high)


def _write(given: Mapping[str, Any]) -> list[Any]:
    """A text that most apps take as the same; they cannot know that it is."""
    now = given.get("value") or ""
    return [f"{now} " if now else "a", now]


def _day(given: Mapping[str, Any]) -> list[Any]:
    try:
        now = date.fromisoformat(str(given.get("value")))
    except ValueError:
        return []
    return [str(now + timedelta(days=1)), str(now)]


def _steps(now: float, width: float, low: float, high: float) -> list[Any]:
    near = [now + factor * width for factor in (1, 2, 3, -1, -2, -3)]
    found = [round(value, 9) for value in near if low <= value <= high]
    whole = all(float(value).is_integer() for value in (now, width))
    return [int(value) if whole else value for value in [*found, now]]


def _number(value: Any, default: float) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else []


MOST = 6
"""Values of one widget that are set in turn."""

CLICKED = frozenset({"Button", "ButtonIcon", "Dropdown", "MaterialButton", "MaterialFab", "MaterialIconButton"})
"""Kinds that are pressed."""

UNLABELLED = frozenset({"Tabs", "Player", "MaterialTabs"})
"""Kinds whose label would say something else than what a person reads."""

THROTTLED = frozenset(
    {
        *("Slider", "RangeSlider", "DateSlider", "Spinner"),
        *(f"{PREFIX}{kind}" for kind in ("IntSlider", "FloatSlider", "RangeSlider", "IntRangeSlider")),
        *(f"{PREFIX}{kind}" for kind in ("IntInput", "FloatInput")),
    }
)
"""Kinds that also say when the person has let go of them."""

_FLIP_ACTIVE, _FLIP_VALUE = _switch("active"), _switch("value")

SET: dict[str, tuple[str, Values]] = {
    "Toggle": ("active", _FLIP_ACTIVE),
    "Checkbox": ("active", _FLIP_ACTIVE),
    "Switch": ("active", _FLIP_ACTIVE),
    "ToggleIcon": ("value", _FLIP_VALUE),
    "RadioGroup": ("active", _index("labels")),
    "RadioButtonGroup": ("active", _index("labels")),
    "CheckboxGroup": ("active", _indices),
    "CheckboxButtonGroup": ("active", _indices),
    "Tabs": ("active", _index("tabs")),
    "Select": ("value", _one("options")),
    "CustomSelect": ("value", _one("options")),
    "SingleSelect": ("value", _one("options")),
    "AutocompleteInput": ("value", _one("completions")),
    "MultiSelect": ("value", _some),
    "CustomMultiSelect": ("value", _some),
    "MultiChoice": ("value", _some),
    "Slider": ("value", _slide(1)),
    "DateSlider": ("value", _slide(DAY)),
    "RangeSlider": ("value", _slide_range),
    "Spinner": ("value", _spin),
    "Player": ("value", _play),
    "TextInput": ("value", _write),
    "TextAreaInput": ("value", _write),
    "DatePicker": ("value", _day),
    **{f"{PREFIX}{kind}": ("value", _FLIP_VALUE) for kind in ("Toggle", "Checkbox", "Switch", "ToggleIcon")},
    **{f"{PREFIX}{kind}": ("value", _one("options")) for kind in ("Select", "RadioBoxGroup", "RadioButtonGroup")},
    **{f"{PREFIX}{kind}": ("value", _some) for kind in ("MultiSelect", "MultiChoice", "CheckBoxGroup")},
    f"{PREFIX}CheckButtonGroup": ("value", _some),
    f"{PREFIX}AutocompleteInput": ("value", _one("options")),
    f"{PREFIX}IntSlider": ("value", _slide(1)),
    f"{PREFIX}FloatSlider": ("value", _slide(0.1)),
    f"{PREFIX}RangeSlider": ("value", _slide_range),
    f"{PREFIX}IntRangeSlider": ("value", _slide_range),
    f"{PREFIX}IntInput": ("value", _spin),
    f"{PREFIX}FloatInput": ("value", _spin),
    f"{PREFIX}TextInput": ("value", _write),
    f"{PREFIX}TextAreaInput": ("value", _write),
    f"{PREFIX}Tabs": ("active", _index("_names")),
}
"""Kinds that are set: the attribute, and its values."""

SWITCHES = frozenset(kind for kind, (_, values) in SET.items() if values in (_FLIP_ACTIVE, _FLIP_VALUE))
"""Kinds that are on or off."""

SEVERAL = frozenset(kind for kind, (_, values) in SET.items() if values in (_some, _indices))
"""Kinds of which several options can be chosen."""
