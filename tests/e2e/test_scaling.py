"""Pods come for visitors and go after them, and nothing else makes them come or go."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import VALUES
from tests.e2e.figures import measured
from tests.e2e.release import USERS, Release
from tests.e2e.visitors import Visitor, arrive, leave

pytestmark = pytest.mark.alone

EIGHT = USERS[:8]

COMPUTING = 120
"""Seconds."""


@pytest.fixture(scope="module")
def eight(release: Release) -> list[Visitor]:
    """Eight visitors who came together to one spare seat, until a test sends them away."""
    release.await_ready("replica", 1)
    return arrive(release, EIGHT)


def seated(release: Release) -> dict[str, tuple[str, ...]]:
    """Return the visitors of the pods in which somebody sits."""
    return {name: visitors for name, visitors in release.seats().items() if visitors}


def test_eight_who_arrive_together_are_seated_each_alone(release: Release, eight: list[Visitor]) -> None:
    """From one pod to eight and a spare: all are seated, and no two in the same pod."""
    measured("eight who arrive together with one spare: the last is seated", max(one.seated for one in eight), "s", 20)
    assert [len(visitors) for visitors in seated(release).values()] == [1] * 8
    release.await_ready("replica", 9)


def test_those_who_leave_take_their_pods_along(release: Release, eight: list[Visitor]) -> None:
    """From eight visitors to one: the pods go, and the one in which somebody still sits is not touched."""
    stays, *leavers = eight
    pod = stays.pod(release)
    before = release.namespace.get("pod", pod)["metadata"]["uid"]
    leave(leavers)
    release.await_ready("replica", 2, 120)
    assert release.namespace.get("pod", pod)["metadata"]["uid"] == before
    assert seated(release) == {pod: (stays.id,)}
    assert stays.works()
    leave([stays])


def test_computing_adds_no_pods(release: Release) -> None:
    """Visitors who keep the processor busy for minutes have a pod each, and there is one spare: never more."""
    visitors = arrive(release, EIGHT, "/loop")
    release.await_ready("replica", 9)
    deadline = time.monotonic() + COMPUTING
    with ThreadPoolExecutor(len(visitors)) as pool:
        computing = [pool.submit(compute, visitor, deadline) for visitor in visitors]
        most = 0
        while time.monotonic() < deadline:
            most = max(most, len(release.replicas()))
            time.sleep(1)
        tasks = [future.result() for future in computing]
    leave(visitors)
    assert min(tasks) >= 2, tasks
    assert most == 9


def compute(visitor: Visitor, deadline: float) -> int:
    """Do one heavy task after the other until the deadline (``time.monotonic()``); returns how many."""
    tasks = 0
    while time.monotonic() < deadline:
        tasks += 1
        visitor.session.click_and_wait("Heavy", f"heavy task {tasks} done", 120)
    return tasks


def test_a_maximum_below_the_pods_in_use_ends_nobody(release: Release) -> None:
    """``helm upgrade`` with a lower maximum is accepted; who sits stays, and newcomers wait until there is room."""
    visitors = arrive(release, USERS[:4])
    release.await_ready("replica", 5)
    release.upgrade(autoscaling={"maxReplicas": 2})
    try:
        # The spare goes; the four who sit are above the maximum and stay.
        release.await_ready("replica", 4, 120)
        assert all(visitor.works() for visitor in visitors)
        newcomer = release.browser(USERS[9])
        assert "All places are taken" in newcomer.page("/lock").text
    finally:
        leave(visitors)
        release.upgrade(autoscaling=VALUES["autoscaling"])
    release.await_ready("replica", 1, 120)


def test_the_controller_says_in_words_what_it_did(release: Release) -> None:
    """Events on the Deployment name the numbers and the reason."""
    assert any("seat" in event for event in release.events()), release.events()
