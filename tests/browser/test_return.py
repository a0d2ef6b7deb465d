"""A page whose connection breaks says so and comes back by itself, in the same session."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.conftest import OUTAGE, SCRIPTS, Site, Visitors
from tests.browser.wire import Wire
from tests.support.system import System

LOST = "The connection was lost"


def notices(page: Page) -> Locator:
    """Return what Berth says in the page."""
    return page.locator("#berth-notices")


def grow(page: Page, total: int) -> None:
    """Press the button and wait for the answer."""
    page.get_by_role("button", name="Grow", exact=True).click()
    expect(page.get_by_text(f"Total: {total}", exact=True)).to_be_visible()


def has_points(page: Page, wanted: int) -> None:
    """Wait until the plot holds so many points."""
    plot = "Bokeh.documents[0].get_model_by_name('plot')"
    page.wait_for_function(f"wanted => {plot}.renderers[0].data_source.data.x.length === wanted", arg=wanted)


def red(page: Page) -> int:
    """Return how many pixels of the page are as red as the plot's points."""
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    return sum(count for count, colour in picture.getcolors(2**24) or [] if colour == (255, 0, 0))


def repaints(page: Page, before: int) -> bool:
    """Say whether the plot comes to look different from ``before``, what ``red`` returned."""
    deadline = time.monotonic() + 10
    while red(page) in (0, before) and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    return red(page) not in (0, before)


def return_of(page: Page) -> Any:
    """Return a context manager at whose end the page is connected again."""
    return page.expect_console_message(lambda said: "Reconnected websocket" in said.text)


def outline(page: Page) -> str:
    """Return a style that the dashboard brought."""
    total = page.get_by_text("Total", exact=True).locator("xpath=..")
    return str(
        total.evaluate("one => getComputedStyle(one.getRootNode().host).outlineWidth + getComputedStyle(one).color")
    )


def test_after_a_network_loss_the_page_goes_on_where_it_was(visitors: Visitors, site: Site) -> None:
    """State, plot, styles and ``onload`` outlive two losses in a row, and the page has said what happened."""
    visitors.forgive(OUTAGE)
    page = visitors.page(site.url, "/garden")
    grow(page, 1)
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_text("Hello Ada")).to_be_visible()
    style = outline(page)
    for total in (2, 3):
        with return_of(page):
            site.wire.cut()
            expect(notices(page)).to_contain_text(LOST)
            site.wire.mend()
        expect(notices(page)).not_to_contain_text(LOST)
        before = red(page)
        grow(page, total)
        has_points(page, 5 + total)
        assert before > 0
        assert repaints(page, before)
    expect(page.get_by_text("Hello Ada")).to_be_visible()
    expect(page.get_by_text("Loads: 1", exact=True)).to_be_visible()
    assert page.get_by_label("Name").input_value() == "Ada"
    assert outline(page) == style
    visitors.forgiven.clear()
    visitors.faults = [fault for fault in visitors.faults if not re.search(OUTAGE, fault)]
    grow(page, 4)


def test_a_loss_in_the_middle_of_a_message_is_survived(visitors: Visitors, site: Site) -> None:
    """Half a message is forgotten, and the whole result is there when the page is back."""
    visitors.forgive(OUTAGE)
    page = visitors.page(site.url, "/garden")
    grow(page, 1)
    with return_of(page):
        site.wire.cut_within(b"PATCH-DOC")
        page.get_by_role("button", name="Grow", exact=True).click()
        expect(notices(page)).to_contain_text(LOST)
        site.wire.mend()
    expect(page.get_by_text("Total: 2", exact=True)).to_be_visible()
    has_points(page, 7)
    grow(page, 3)


def test_what_the_session_did_meanwhile_is_there_when_the_page_is_back(visitors: Visitors, site: Site) -> None:
    """A task that ends during the loss shows its result, and the plot is drawn with it."""
    visitors.forgive(OUTAGE)
    page = visitors.page(site.url, "/garden")
    grow(page, 1)
    before = red(page)
    later = page.get_by_role("button", name="Grow later")
    later.click()
    expect(later).to_be_disabled()
    with return_of(page):
        site.wire.cut()
        page.wait_for_timeout(2500)  # until the task has ended
        site.wire.mend()
    expect(page.get_by_text("Total: 2", exact=True)).to_be_visible()
    has_points(page, 7)
    assert repaints(page, before)
    expect(notices(page)).to_have_text("")


def test_pages_are_back_in_their_session_after_the_router_was_killed(visitors: Visitors, site: Site) -> None:
    """HAProxy dies by SIGKILL, starts again, and within three seconds of that the page works on."""
    visitors.forgive(OUTAGE)
    page = visitors.page(site.url, "/garden")
    grow(page, 1)
    killed = site.system.role("router")
    with return_of(page):
        killed.kill()
        killed.wait(10)
        site.system.until(lambda: site.system.role("router"))
        began = time.monotonic()
    assert time.monotonic() - began < 3
    grow(page, 2)
    expect(notices(page)).not_to_contain_text(LOST)


def test_a_loss_that_the_browser_reports_itself_is_survived(visitors: Visitors, site: Site) -> None:
    """Offline mode and a broken wire together, as when a laptop is carried away."""
    visitors.forgive(OUTAGE)
    page = visitors.page(site.url, "/garden")
    grow(page, 1)
    with return_of(page):
        site.wire.cut()
        expect(notices(page)).to_contain_text(LOST)
        page.context.set_offline(True)  # which, on its own, leaves an open WebSocket alone
        site.wire.mend()
        page.context.set_offline(False)
    grow(page, 2)


def test_a_page_may_come_back_however_old_it_is(visitors: Visitors, site: Site) -> None:
    """Bokeh's tokens expire after 300 s; the one in the page is good for years."""
    page = visitors.page(site.url, "/garden")
    expect(page.get_by_text("Loads: 1", exact=True)).to_be_visible()
    token = re.search(r'"token":"([^"]+)"', page.content())
    assert token
    payload = token.group(1).split(".")[0]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["session_expiry"] - time.time() > 365 * 86400


def test_a_link_that_only_seems_to_leave_the_page_does_not_stop_it_from_coming_back(
    visitors: Visitors, site: Site
) -> None:
    """A mail address or a download fires "beforeunload", after which Bokeh alone would never connect again."""
    visitors.forgive(OUTAGE)
    page = visitors.page(site.url, "/garden")
    grow(page, 1)
    page.evaluate("dispatchEvent(new Event('beforeunload'))")
    with return_of(page):
        site.wire.cut()
        site.wire.mend()
    grow(page, 2)


def test_a_first_connection_that_fails_is_noticed_and_tried_again(visitors: Visitors, site: Site) -> None:
    """No page stays blank without a word."""
    visitors.forgive(OUTAGE + "|Failed to load Bokeh session|Lost websocket connection|Could not open websocket")
    context = visitors.context()
    page = context.new_page()
    page.goto(f"{site.url}/berth/index")
    visitors.log_in(page, "alice")
    expect(page.get_by_role("heading", name="Dashboards")).to_be_visible()
    failed = []

    def fail_once(socket: WebSocketRoute) -> None:
        if failed:
            socket.connect_to_server()
        else:
            failed.append(socket)
            socket.close(code=1011, reason="planted")

    page.route_web_socket(re.compile("/garden/ws"), fail_once)
    page.goto(f"{site.url}/garden")
    expect(notices(page)).to_contain_text("could not connect")
    grow(page, 1)
    assert failed
    expect(notices(page)).to_have_text("")


@pytest.fixture(scope="module")
def forgetful() -> Iterator[Site]:
    """A system that keeps a lost seat for two seconds only."""
    wire = Wire()
    with System(SCRIPTS / "garden.py", APP_URL=wire.url, BERTH_LOST_GRACE=2, BERTH_SEAT_GRACE=1) as system:
        wire.target = system.port
        yield Site(system, wire)
        wire.close()


def outlast(site: Site) -> None:
    """Lose the connection until the seat is free."""
    site.wire.cut()
    site.system.until(lambda: site.system.status()["taken"] == 0)
    site.wire.mend()


def test_a_page_that_comes_back_too_late_says_so_and_opens_a_new_session_once(
    visitors: Visitors, forgetful: Site
) -> None:
    """The new page works, and a second loss within a minute waits for the visitor instead of reloading again."""
    visitors.forgive(OUTAGE)
    page = visitors.page(forgetful.url, "/garden", "alice")
    grow(page, 1)
    outlast(forgetful)
    expect(notices(page)).to_contain_text("This session has ended. A new one is being opened")
    expect(page.get_by_text("Total: 0", exact=True)).to_be_visible()
    grow(page, 1)
    outlast(forgetful)
    again = notices(page).get_by_role("button", name="Open a new one")
    expect(again).to_be_visible()
    again.click()
    expect(page.get_by_text("Total: 0", exact=True)).to_be_visible()
