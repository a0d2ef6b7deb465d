"""A view as the query of the page's address, so that a link shows the same view to somebody else."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from berth.dashboards.exploring.source import FILTER, Choice, Source
from berth.dashboards.exploring.view import View

TABLE = "table"
"""The key that names the source; the first source's name is left out."""


def write(view: View, first: Source, search: str = "") -> str:
    """`search` with `view` in it, as in `?airline=UA,B6&by=hour`; what has its default is left out."""
    ours = {TABLE, *view.source.choices, *first.choices}
    asked = parse_qsl(search.removeprefix("?"))
    others = {key: text for key, text in asked if key not in ours and not key.startswith(FILTER)}
    table = {} if view.source is first else {TABLE: view.source.name}
    chosen = {
        key: _text(view[key]) for key, choice in view.source.choices.items() if view[key] not in (choice.default, None)
    }
    query = urlencode(others | table | chosen, safe=",")
    return f"?{query}" if query else ""


def table(search: str) -> str:
    """The name of the source that `search` asks for; empty for the first one."""
    return dict(parse_qsl(search.removeprefix("?"))).get(TABLE, "")


def read(source: Source, search: str) -> tuple[View, list[str]]:
    """The view of `source` that `search` names, and the keys in it whose values do not exist there."""
    asked = dict(parse_qsl(search.removeprefix("?")))
    chosen, refused = {}, []
    for key, choice in source.choices.items():
        if key not in asked:
            continue
        try:
            chosen[key] = _value(asked[key], choice)
        except KeyError:
            refused.append(key)
    return View(source, chosen), refused


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _value(text: str, choice: Choice) -> Any:
    """The option or options that `text` names; KeyError if there are none such."""
    options: Mapping[str, Any] = {str(value): value for value in choice.options}
    return [options[part] for part in text.split(",")] if choice.many else options[text]
