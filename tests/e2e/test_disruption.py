"""Whatever is upgraded, restarted, killed or gone: sessions stay, and new visitors find a seat."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urljoin

import pytest

from tests.e2e.figures import measured
from tests.e2e.kubectl import names
from tests.e2e.release import USERS, Release, image_values
from tests.e2e.visitors import Visitor, arrive, leave
from tests.support.polling import until

pytestmark = pytest.mark.alone

PARTS = ("front", "controller", "replica")

NEXT = "E2E_NEXT_IMAGE"
"""Names the image that tests/e2e/next/Dockerfile makes."""


@pytest.fixture
def six(release: Release) -> Iterator[list[Visitor]]:
    """Six visitors."""
    visitors = arrive(release, USERS[:6])
    yield visitors
    leave(visitors)


@pytest.mark.skipif(NEXT not in os.environ, reason=f"{NEXT} does not name a second image")
def test_an_upgrade_to_another_image_ends_no_session(release: Release, six: list[Visitor]) -> None:
    """All pods are of the new image while six compute: tasks finish, pages work on, and newcomers get the new one."""
    old = names(release.lasting(*PARTS))
    files = {visitor.user: panel_file(visitor) for visitor in six}
    with ExitStack() as stack:
        for visitor in six:
            visitor.session.click("Heavy")
            stack.enter_context(visitor.staying())
        release.upgrade(**image_values(os.environ[NEXT]))
        # Connections live on in a front that ends, for a while.
        until(
            lambda: not set(old) & set(names(release.lasting(*PARTS) + release.pods("front"))),
            180,
            said=release.picture,
        )
    for visitor in six:
        # The number of the next task counts the heavy one.
        visitor.done += 1
        assert visitor.works()
        assert panel_file(visitor) == files[visitor.user], "an old page drew a file of the new version"
    (newcomer,) = arrive(release, USERS[6:7])
    (pod,) = [pod for pod in release.replicas() if pod["metadata"]["name"] == newcomer.pod(release)]
    assert pod["spec"]["containers"][0]["image"] == os.environ[NEXT]
    assert b"The next version." in panel_file(newcomer)
    leave([newcomer])


def panel_file(visitor: Visitor) -> bytes:
    """Fetch Panel's program at the address that stands in the visitor's page."""
    address = re.search(r'src="([^"]+/panel\.min\.js\?v=\w+)"', visitor.session.html)
    assert address, visitor.session.html[:2000]
    answer = visitor.browser.http.get(urljoin(visitor.session.url, address[1]), timeout=20)
    assert answer.status_code == 200
    return answer.content


def test_fronts_and_controller_that_end_cost_nobody_the_session(release: Release, six: list[Visitor]) -> None:
    """One after the other is deleted; the pages connect again and are where they were."""
    for visitor in six:
        assert visitor.works()
    with ExitStack() as stack:
        for visitor in six:
            stack.enter_context(visitor.staying())
        for part in ("front", "front", "controller"):
            pod = names(release.ready(part))[0]
            release.namespace.kubectl("delete", "pod", pod, "--wait=false")
            until(lambda gone=pod, part=part: gone not in names(release.pods(part)), 90)
            release.await_ready("front", 2)
            release.await_ready("controller", 1)
    assert all(visitor.works() for visitor in six)
    gaps = [gap for visitor in six for gap in visitor.gaps]
    assert gaps, "no connection was cut"
    measured("a WebSocket whose front was deleted is back in its session", max(gaps), "s", 1)


def test_a_pod_that_is_killed_is_noticed_by_its_own_visitor_only(release: Release, six: list[Visitor]) -> None:
    """The others go on; its visitor has a seat in a ready pod within 3 s."""
    victim, *others = six
    release.await_ready("replica", 7)
    pod = victim.pod(release)
    release.namespace.kubectl("delete", "pod", pod, "--force", "--grace-period=0", "--wait=false")
    began = time.monotonic()
    until(lambda: "deletionTimestamp" in str(release.pods("replica")) or pod not in names(release.pods("replica")))
    session = until(lambda: victim.browser.open("/lock"), 20, pause=0.05)
    took = time.monotonic() - began
    session.confirmed()
    measured("the visitor of a killed pod has another seat", took, "s", 3)
    assert all(visitor.works() for visitor in others)
    victim.session = session


def test_requests_that_alternate_between_fronts_meet_one_session(release: Release) -> None:
    """Each connection comes to any front; the ticket leads to the same seat, and the WebSocket to the same session."""
    (visitor,) = arrive(release, USERS[:1])
    pod = visitor.pod(release)
    for _ in range(12):
        visitor.browser.http.close()
        assert visitor.browser.page("/lock").status_code == 200
        visitor.session.close()
        visitor.session.connect()
        assert visitor.works()
    # A seat elsewhere would still be kept for who left it without a word.
    assert [name for name, who in release.seats().items() if visitor.id in who] == [pod]
    leave([visitor])
