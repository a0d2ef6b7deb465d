"""Messages between supervisor and berth, over a real socket pair."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from berth.replica.link import Link

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run in a thread, for a browser of other tests may keep a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result(20)


def test_messages_arrive_in_order_and_end_with_the_other_end() -> None:
    """What was sent before the end is still heard."""

    async def talk() -> list[dict[str, object]]:
        here, there = socket.socketpair()
        ours, theirs = await Link.over(here), await Link.over(there)
        ours.send(do="seat", visitor="ä\n")
        ours.send(do="stop")
        ours.close()
        return [message async for message in theirs.messages()]

    assert run(talk()) == [{"do": "seat", "visitor": "ä\n"}, {"do": "stop"}]


def test_sending_to_an_end_that_is_gone_raises_nothing_and_never_waits() -> None:
    """A supervisor must not stumble over a berth that died."""

    async def talk() -> None:
        here, there = socket.socketpair()
        ours = await Link.over(here)
        there.close()
        for _ in range(1000):
            ours.send(do="x" * 1000)
            await asyncio.sleep(0)

    run(talk())
