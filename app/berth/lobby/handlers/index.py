"""The list of dashboards, where there is more than one."""

from __future__ import annotations

from berth.lobby.handlers.door import AnyHandler
from berth.tickets import Visitor


class RootHandler(AnyHandler):
    """``/``: the list, or the only dashboard."""

    async def get(self, path: str = "") -> None:
        """Show the list to whoever may see it; a single dashboard is entered at once."""
        if self.wants_page and (self.lobby.open_house or self.visitor()):
            await self.lobby.fleet.look_if_older(5.0)
            if len(self.lobby.fleet.apps) > 1:
                self._list(self.visitor())
                return
        await super().get(path)

    def _list(self, visitor: Visitor | None) -> None:
        user = visitor.user if visitor and not self.lobby.open_house else ""
        token = self.token() if user else ""
        self.show("index", apps=self.lobby.fleet.apps, user=user, token=token)


class IndexHandler(RootHandler):
    """``/berth/index``: the list for visitors who have a ticket already."""

    async def get(self, path: str = "") -> None:
        """Show the list, of one dashboard, too."""
        if not (self.lobby.open_house or self.visitor()):
            self.to_login(self.path_of("/"))
            return
        await self.lobby.fleet.look_if_older(5.0)
        self._list(self.visitor())
