"""Who waits, at whichever front, is seated in the order of arrival."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

from tests.e2e.conftest import VALUES
from tests.e2e.release import USERS, Release
from tests.e2e.visitors import arrive, leave

APART = 2.0
"""Seconds between arrivals from which on their order is kept."""

FEWEST = 6
"""Visitors who wait."""


def visit(release: Release, user: str, seated: list[str]) -> None:
    """Come, wait, note that there is a seat, and go."""
    session = release.browser(user).open("/lock")
    seated.append(user)
    session.leave()


def test_two_fronts_keep_one_order(release: Release) -> None:
    """Visitors wait at both fronts for the only seat, and get it one after the other as they came."""
    release.upgrade(autoscaling={"maxReplicas": 1})
    release.await_all(1)
    (first,) = arrive(release, USERS[:1])
    came: list[str] = []
    seated: list[str] = []
    visits: list[Future[None]] = []
    with ThreadPoolExecutor(len(USERS)) as pool:
        # The Service chooses a front for each connection; a few more come if all have met the same.
        for user in USERS[1:]:
            came.append(user)
            visits.append(pool.submit(visit, release, user, seated))
            time.sleep(APART)
            if len(came) >= FEWEST and all(queues := release.queues().values()):
                break
        assert len(queues) == 2
        assert len({visitor for queue in queues for visitor in queue}) == len(came)
        assert seated == []
        leave([first])
        for one in visits:
            one.result()
    release.upgrade(autoscaling=VALUES["autoscaling"])
    assert seated == came
