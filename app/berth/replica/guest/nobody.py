"""The request with which scripts run before a visitor comes: empty, and it notes what was asked of it."""

from __future__ import annotations

from typing import Any

from panel.io.server import RequestProxy

UNASKED = frozenset({"theme", "bokeh-session-id", "app_path"})
"""What Panel itself looks up for every page."""


class Noted(dict[str, Any]):
    """An empty mapping that adds its name to ``asked`` when something is looked up in it."""

    def __init__(self, name: str, asked: set[str]) -> None:
        super().__init__()
        self._name = name
        self._asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        """Return the default; nothing is there."""
        self._note(key)
        return default

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return False

    def _note(self, key: object) -> None:
        if key not in UNASKED:
            self._asked.add(self._name)


class Nobody(RequestProxy):
    """A request of nobody. ``asked`` says what a script wanted to know of its visitor."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        given = {name: Noted(name, self.asked) for name in ("arguments", "cookies", "headers")}
        super().__init__(None, **given)

    @property
    def route_params(self) -> dict[str, str]:
        """What stands in the address where the path has a wildcard: nothing."""
        return Noted("address", self.asked)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name not in UNASKED:
            self.asked.add("address")
        raise AttributeError(name)
