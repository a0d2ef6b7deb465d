"""``pn.state.access_token``: the token of the visitor's login, kept in this process.

Panel's own places for it are the page's cookies, which are copied into the page,
and ``state._oauth_user_overrides``, which is copied there, too.
"""

from __future__ import annotations

from typing import Any

from panel.io.state import state

from berth.tokens import Token

tokens: dict[str, Token] = {}
"""By user; those who share a berth may be several."""


def offer() -> None:
    """Let dashboards read the tokens, each its visitor's."""
    type(state).access_token = property(_of_visitor)


def _of_visitor(self: Any) -> str | None:
    token = tokens.get(self.user or "")
    return token.text if token and not token.expired else None
