"""A small supervisor that speaks the contract of ``berth.supervisors`` and keeps seats in a list."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from berth.errors import TicketError
from berth.status import App, BerthStatus, Status
from berth.tickets import Keys

ONE_APP = (App("/app", "App"),)


@dataclass
class FakeSupervisor:
    """Seats of one replica; everything may be changed while it runs."""

    keys: Keys
    seats: int = 4
    apps: tuple[App, ...] = ONE_APP
    taken: dict[str, int] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    problem: str = ""
    page_state: str = "here"
    starting: bool = False
    delay: float = 0.0
    port: int = 0
    numbers: int = 100

    def reserve(self, visitor: str) -> tuple[int, dict[str, Any]]:
        """Answer a reservation."""
        if visitor not in self.taken:
            if self.starting or len(self.taken) >= self.seats:
                return 409, {"reason": "full"}
            self.numbers += 1
            self.taken[visitor] = self.numbers
        return 200, {"ip": "127.0.0.1", "port": 5006, "berth": self.taken[visitor]}

    def answer(self, path: str, arguments: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer a signed call."""
        self.calls.append((path, arguments))
        if path == "/seats/reserve":
            return self.reserve(arguments["visitor"])
        if path == "/seats/release":
            self.taken.pop(arguments["visitor"], None)
        if path == "/seats/page":
            return 200, {"state": self.page_state}
        return 200, {}

    def called(self, path: str) -> list[dict[str, Any]]:
        """Return the arguments of all calls of ``path``."""
        return [arguments for name, arguments in self.calls if name == path]

    @property
    def status(self) -> Status:
        """What ``/status`` says."""
        taken = list(self.taken.items())
        berths = tuple(BerthStatus(f"b{n}", n, 5006, 1, "ready", 0.0, (visitor,)) for visitor, n in taken)
        ready = 0 if self.starting else min(self.seats - len(self.taken), 1)
        return Status(self.seats, len(self.taken), ready, False, False, self.problem, self.apps, berths)


class _Status(RequestHandler):
    async def get(self) -> None:
        fake: FakeSupervisor = self.settings["fake"]
        await asyncio.sleep(fake.delay)
        fake.calls.append(("/status", {}))
        self.finish(json.dumps(fake.status.as_json()))


class _Call(RequestHandler):
    async def post(self) -> None:
        fake: FakeSupervisor = self.settings["fake"]
        await asyncio.sleep(fake.delay)
        try:
            token = self.request.headers.get("Authorization", "").removeprefix("Bearer ")
            fake.keys.check_call(token, self.request.path, self.request.body)
        except TicketError:
            self.set_status(401)
            return
        code, answer = fake.answer(self.request.path, json.loads(self.request.body))
        self.set_status(code)
        self.finish(answer)


@contextmanager
def running(fake: FakeSupervisor) -> Iterator[FakeSupervisor]:
    """Run the supervisor in a thread of its own until the block ends."""
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def life() -> None:
        server = HTTPServer(Application([("/status", _Status), ("/.*", _Call)], fake=fake))
        server.listen(fake.port, "127.0.0.1")
        ready.set()
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    fake.port = fake.port or free_port()
    thread = threading.Thread(target=lambda: loop.run_until_complete(life()), daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
