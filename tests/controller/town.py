"""All supervisors and lobbies of a test behind one port: whose address is called tells which one answers."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from berth.lobbies import News
from berth.status import BerthStatus, Status
from berth.tickets import Keys


@dataclass
class House:
    """A supervisor, or a lobby (with a list of those who wait), at one address.

    ``slow`` seconds pass before it answers anything.
    """

    seats: int = 1
    visitors: list[str] = field(default_factory=list)
    cordoned: bool = False
    waiting: list[tuple[str, float]] | None = None
    news: list[News] = field(default_factory=list)
    slow: float = 0.0
    cordons: list[bool] = field(default_factory=list)
    refuses: bool = False
    refused: int = 0

    @property
    def answer(self) -> dict[str, Any]:
        """What ``/status`` says."""
        if self.waiting is not None:
            return {"waiting": self.waiting}
        berths = (BerthStatus("berth-0", 1, 5006, 1, "ready", 0.0, tuple(self.visitors)),)
        taken = len(self.visitors)
        return Status(self.seats, taken, self.seats - taken, False, self.cordoned, "", (), berths).as_json()


@dataclass
class Town:
    """Houses by address, made when they are first called."""

    keys: Keys
    houses: dict[str, House] = field(default_factory=lambda: defaultdict(House))

    def application(self) -> web.Application:
        """Return the server for all of them."""
        application = web.Application(client_max_size=4 * 2**20)
        application.router.add_get("/status", self._status)
        application.router.add_post("/cordon", self._cordon)
        application.router.add_post("/fleet", self._fleet)
        return application

    async def _house(self, request: web.Request) -> House:
        assert request.transport
        house = self.houses[request.transport.get_extra_info("sockname")[0]]
        await asyncio.sleep(house.slow)
        return house

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response((await self._house(request)).answer)

    async def _cordon(self, request: web.Request) -> web.Response:
        house, body = await self._house(request), await self._signed(request)
        if body["on"] and (house.visitors or house.refuses):
            house.refused += 1
            return web.json_response({"reason": "There are visitors here."}, status=409)
        house.cordoned = body["on"]
        house.cordons.append(body["on"])
        return web.json_response({})

    async def _fleet(self, request: web.Request) -> web.Response:
        house, body = await self._house(request), await self._signed(request)
        house.news.append(News.from_json(body))
        return web.json_response({})

    async def _signed(self, request: web.Request) -> dict[str, Any]:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        body = await request.read()
        self.keys.check_call(token, request.path, body)
        found: dict[str, Any] = json.loads(body)
        return found
