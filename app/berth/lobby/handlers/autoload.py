"""``/<app>/autoload.js``: a dashboard inside a page of another site."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from tornado.web import HTTPError

from berth.lobby.destination import destination, with_next
from berth.lobby.handlers.base import GUEST
from berth.lobby.handlers.door import Doorway
from berth.tickets import Visitor


class AutoloadHandler(Doorway):
    """Leads to the script that the visitor's berth writes, or sends one that says what is missing."""

    async def get(self, *path: str) -> None:
        """Give a ticket and send the browser to the same address again, now to the berth."""
        if not self._allowed():
            raise HTTPError(403)
        visitor = self.visitor()
        if visitor and await self.seated(visitor, None):
            self.set_header("Cache-Control", "no-store")
            again = f"{self.request.uri}{'&' if self.request.query else '?'}seat=1"
            self.redirect(destination(again, self.options_set.prefix), status=307)
            return
        if visitor is None and self.lobby.open_house:
            visitor = Visitor.new(GUEST)
            self.remember(visitor)
        self._explain(waits=visitor is not None)

    def options(self, *path: str) -> None:
        """Answer a browser that asks beforehand."""
        if not self._allowed():
            raise HTTPError(403)
        self.set_header("Access-Control-Allow-Methods", "GET, OPTIONS")
        self.set_header("Access-Control-Allow-Headers", "Authorization, Bokeh-Session-Id, Content-Type")
        self.set_status(204)

    def _allowed(self) -> bool:
        origin = self.request.headers.get("Origin", "")
        if not origin:
            return self.request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
        if origin not in self.options_set.embed_origins:
            return self.comes_from_here()
        self.set_header("Access-Control-Allow-Origin", origin)
        self.set_header("Access-Control-Allow-Credentials", "true")
        self.set_header("Vary", "Origin")
        return True

    def _explain(self, waits: bool) -> None:
        app = self.request.path.removesuffix("/autoload.js") or self.path_of("/")
        base = self._base()
        values = {
            "element": self.get_query_argument("bokeh-autoload-element", ""),
            "script": f"{base}{self.request.path}?{urlencode(self._arguments())}",
            "open": base + with_next(self.path_of("/berth/seat"), destination(app, self.options_set.prefix)),
            "socket": f"{base}{self.path_of('/berth/waiting/ws')}".replace("http", "ws", 1) if waits else "",
            "site": self.options_set.title,
        }
        script = self.lobby.look.assets["embed.js"].body.decode()
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(f"{script}\nberthEmbed({_for_script(values)});\n")

    def _base(self) -> str:
        if not self.options_set.app_url:
            return f"{self.request.protocol}://{self.request.host}"
        return self.options_set.url.removesuffix(self.options_set.prefix)

    def _arguments(self) -> list[tuple[str, str]]:
        return [(name, value) for name in self.request.query_arguments for value in self.get_query_arguments(name)]


def _for_script(values: dict[str, str]) -> str:
    return json.dumps(values).replace("<", "\\u003c")
