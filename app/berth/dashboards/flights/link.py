"""A selection as the query of the page's address, so that a link shows the same view to somebody else."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from berth.dashboards.flights.selection import Selection

KEYS = {
    "first_month": "from",
    "last_month": "to",
    "carriers": "airline",
    "origins": "origin",
    "destinations": "dest",
    "min_distance": "miles",
    "group": "by",
    "measure": "measure",
    "statistic": "stat",
}
"""Selection's parameter → its name in the query."""


def write(selection: Selection, search: str = "") -> str:
    """`search` with `selection` in it, as in `?airline=UA,B6&by=hour`; what has its default is left out."""
    fresh = Selection()
    others = {key: text for key, text in parse_qsl(search.removeprefix("?")) if key not in KEYS.values()}
    chosen = {
        key: _text(getattr(selection, name))
        for name, key in KEYS.items()
        if getattr(selection, name) not in (getattr(fresh, name), None)
    }
    query = urlencode(others | chosen, safe=",")
    return f"?{query}" if query else ""


def read(selection: Selection, search: str) -> list[str]:
    """Give `selection` the view that `search` names; what it leaves out gets its default.

    Returns the names in the query whose values do not exist here; those are left at their default too.
    """
    asked = dict(parse_qsl(search.removeprefix("?")))
    view, refused = Selection(), []
    for name, key in KEYS.items():
        if key not in asked:
            continue
        try:
            setattr(view, name, _value(asked[key], getattr(view, name)))
        except ValueError:
            refused.append(key)
    selection.param.update({name: getattr(view, name) for name in KEYS})
    return refused


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _value(text: str, default: Any) -> Any:
    """`text` as a value of the same kind as `default`; ValueError if it is none."""
    if isinstance(default, list):
        return text.split(",")
    return int(text) if isinstance(default, int) else text
