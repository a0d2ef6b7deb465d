"""Events: what is said once, and what is counted."""

from __future__ import annotations

import pytest

from berth.controller import events
from berth.controller.events import Herald
from tests.controller.cluster import REPLICAS
from tests.controller.world import play, world


@play
async def test_what_still_holds_is_not_said_again_soon() -> None:
    """Many rounds with the same warning make one call; another message makes one more."""
    async with world() as all_of_it:
        herald = Herald(all_of_it.controller.api, REPLICAS)
        for _ in range(20):
            await herald.warn("uid", "AtMaximum", "stays")
        assert len(all_of_it.cluster.calls) == 1
        await herald.warn("uid", "AtMaximum", "stays still")
        assert len(all_of_it.cluster.calls) == 2
        assert all_of_it.cluster.messages("AtMaximum") == ["stays", "stays still"]


def test_what_holds_for_long_is_counted_in_the_same_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second object is made, unless the API has forgotten the first."""
    monkeypatch.setattr(events, "REPEAT_AFTER", 0.0)

    @play
    async def scenario() -> None:
        async with world() as all_of_it:
            kept = all_of_it.cluster.events
            herald = Herald(all_of_it.controller.api, REPLICAS)
            for _ in range(3):
                await herald.warn("uid", "AtMaximum", "stays")
            assert [event["count"] for event in kept.values()] == [3]
            kept.clear()
            await herald.warn("uid", "AtMaximum", "stays")
            assert [event["count"] for event in kept.values()] == [4]

    scenario()
