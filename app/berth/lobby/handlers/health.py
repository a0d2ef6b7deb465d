"""``/berth/livez``."""

from __future__ import annotations

from berth.lobby.handlers.base import Handler


class LivezHandler(Handler):
    """Whether the lobby reacts; it does not depend on any replica."""

    def get(self) -> None:
        """Answer ``ok``."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("ok")
