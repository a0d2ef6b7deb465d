"""Messages between supervisor and berth, over a real socket pair."""

from __future__ import annotations

import asyncio
import socket

from berth.replica.link import Link


def test_messages_arrive_in_order_and_end_with_the_other_end() -> None:
    """What was sent before the end is still heard."""

    async def talk() -> list[dict[str, object]]:
        here, there = socket.socketpair()
        ours, theirs = await Link.over(here), await Link.over(there)
        ours.send(do="seat", visitor="ä\n")
        ours.send(do="stop")
        ours.close()
        return [message async for message in theirs.messages()]

    assert asyncio.run(talk()) == [{"do": "seat", "visitor": "ä\n"}, {"do": "stop"}]


def test_sending_to_an_end_that_is_gone_raises_nothing_and_never_waits() -> None:
    """A supervisor must not stumble over a berth that died."""

    async def talk() -> None:
        here, there = socket.socketpair()
        ours = await Link.over(here)
        there.close()
        for _ in range(1000):
            ours.send(do="x" * 1000)
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(talk(), 10))
