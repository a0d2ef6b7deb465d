"""A place that has to close says so in time, and afterwards why it is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OUTAGE, SCRIPTS, Visitors
from tests.support.system import System

GRACE = 12


@pytest.fixture
def system() -> Iterator[System]:
    """A system whose visitors have some seconds to leave when it ends."""
    with System(SCRIPTS / "garden.py", SCRIPTS / "busy.py", BERTH_DRAIN_GRACE=GRACE, BERTH_SPARE=2) as running:
        yield running


def notice(page: Page) -> Locator:
    """Return the warning."""
    return page.get_by_role("alert").filter(has_text="This place closes")


def drain(system: System) -> None:
    """Tell the replica to end, as Kubernetes tells a pod; router and lobby go on."""
    system.role("replica").terminate()


def test_visitors_are_warned_with_a_countdown_and_told_afterwards_why_they_had_to_go(
    system: System, visitors: Visitors
) -> None:
    """The notice names the hour, counts down, can be closed, comes back with a reload, and is accessible."""
    visitors.forgive(OUTAGE)
    page = visitors.page(system.url, "/garden", "alice")
    expect(page.get_by_text("Loads: 1", exact=True)).to_be_visible()
    tab = page.context.new_page()
    tab.goto(f"{system.url}/garden")
    expect(tab.get_by_text("Loads: 1", exact=True)).to_be_visible()
    drain(system)
    for one in (page, tab):
        expect(notice(one)).to_contain_text(re.compile(r"closes at about \d+:\d\d( [AP]M)?, in \d+ seconds"))
        expect(notice(one)).to_contain_text("Save your work")
    assert [found["id"] for found in Axe().run(page).response["violations"] if "notice" in str(found["nodes"])] == []
    notice(tab).get_by_role("button", name="Close").click()
    expect(notice(tab)).to_be_hidden()
    page.reload()
    expect(page.get_by_text("Loads: 1", exact=True)).to_be_visible()
    expect(notice(page)).to_contain_text(re.compile("in [1-9] second"))
    assert not notice(tab).is_visible()
    for one in (page, tab):
        expect(one).to_have_url(re.compile(r"/berth/ended\?why=drained&next=%2Fgarden"))
        expect(one.get_by_role("heading", name="The server was renewed")).to_be_visible()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_text("Loads: 1", exact=True)).to_be_visible()


def test_a_page_whose_berth_computes_hears_of_it_as_soon_as_it_reacts(system: System, visitors: Visitors) -> None:
    """The notice then counts what is left."""
    visitors.forgive(OUTAGE)
    page = visitors.page(system.url, "/busy", "bob")
    page.get_by_role("button", name="Compute").click()
    system.until(lambda: any(berth["blocked"] for berth in system.status()["berths"]))
    drain(system)
    expect(page.get_by_text("computed")).to_be_visible()
    expect(notice(page)).to_contain_text(re.compile("in [1-9] second"))


def test_a_page_whose_berth_computes_to_the_end_is_told_why_it_is_gone(system: System, visitors: Visitors) -> None:
    """Its process is killed; the page asks the lobby and lands where it is explained."""
    visitors.forgive(OUTAGE)
    page = visitors.page(system.url, "/busy", "carol")
    page.get_by_role("button", name="Go on").click()
    system.until(lambda: any(berth["blocked"] for berth in system.status()["berths"]))
    drain(system)
    expect(page).to_have_url(re.compile(r"/berth/ended\?why=drained"), timeout=(GRACE + 15) * 1000)
