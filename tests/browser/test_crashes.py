"""A berth that dies takes only its own visitor's page along, and that page says so."""

from __future__ import annotations

import os
import signal

from playwright.sync_api import expect

from tests.browser.conftest import OUTAGE, Site, Visitors

CRASHED = "The process of this dashboard ended unexpectedly. A new one is being opened"


def test_a_killed_berth_is_named_and_replaced_in_the_page(visitors: Visitors, site: Site) -> None:
    """The page says that its process ended, opens a new one, and another visitor notices nothing."""
    visitors.forgive(OUTAGE)
    page, other = visitors.page(site.url, "/garden", "alice"), visitors.page(site.url, "/garden", "bob")
    other.get_by_role("button", name="Grow", exact=True).click()
    expect(other.get_by_text("Total: 1", exact=True)).to_be_visible()
    page.get_by_role("button", name="Grow", exact=True).click()
    expect(page.get_by_text("Total: 1", exact=True)).to_be_visible()
    killed = site.system.berth_of("alice")["pid"]
    os.kill(killed, signal.SIGKILL)
    expect(page.locator("#berth-notices")).to_contain_text(CRASHED)
    expect(page.get_by_text("Total: 0", exact=True)).to_be_visible()
    assert site.system.berth_of("alice")["pid"] != killed
    other.get_by_role("button", name="Grow", exact=True).click()
    expect(other.get_by_text("Total: 2", exact=True)).to_be_visible()


def test_a_callback_that_kills_its_process_is_not_run_again(visitors: Visitors, site: Site) -> None:
    """The page comes back fresh, with one process less."""
    visitors.forgive(OUTAGE)
    page = visitors.page(site.url, "/trouble", "carol")
    page.get_by_role("button", name="Die").click()
    expect(page.locator("#berth-notices")).to_contain_text(CRASHED)
    expect(page.get_by_text("Counted 0")).to_be_visible()
    expect(page.locator("#berth-notices")).to_have_text("")
    assert site.system.log().count("under carol") == 1


def test_a_page_that_kills_its_process_kills_one(visitors: Visitors, site: Site) -> None:
    """Loading it leads to a page of the lobby that explains, however often the browser would try again."""
    page = visitors.page(site.url, "/trouble?die", "dave")
    expect(page.get_by_role("heading", name="The dashboard stopped")).to_be_visible()
    expect(page.get_by_role("link", name="Start again")).to_be_visible()
    page.wait_for_timeout(1500)  # in which a browser that tries again would have done so
    assert site.system.log().count("under dave") == 1
    page.goto(f"{site.url}/trouble")
    expect(page.get_by_text("Counted 0")).to_be_visible()
