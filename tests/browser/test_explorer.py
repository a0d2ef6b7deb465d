"""A visitor logs in, uses the dashboard that ships, and leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitors
from tests.support.system import PASSWORD, System


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """What `berth up` serves when no script is named."""
    with System(BERTH_SEAT_GRACE=3) as running:
        yield running


def picture(page: Page) -> str:
    """Return what the visible chart shows."""
    return str(page.locator(".chart canvas").evaluate_all("all => all.map(one => one.toDataURL()).join()"))


def served_by(page: Page) -> str:
    """Return the berth that the page names."""
    return page.get_by_role("banner").get_by_text("Served by").locator("xpath=..").inner_text()


def test_a_visitor_logs_in_by_keyboard_and_lands_in_the_explorer(visitors: Visitors, system: System) -> None:
    """Typing, Tab and Enter are enough, and the page names the visitor and the berth that serves them."""
    page = visitors.context().new_page()
    page.goto(f"{system.url}/")
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{system.url}/explorer")
    expect(page.get_by_role("banner")).to_contain_text("alice")
    berth = system.berth_of("alice")
    expect(page.get_by_role("banner")).to_contain_text(f"{berth['name']} · process {berth['pid']}")


def test_choices_change_sentence_table_and_chart(visitors: Visitors, system: System) -> None:
    """Another group and another statistic show in all three."""
    page = visitors.page(system.url)
    said, rows = page.get_by_role("status"), page.locator(".tabulator-row")
    expect(said).to_contain_text("by airline")
    expect(rows.first).to_contain_text("United Air Lines")
    before = picture(page)
    page.get_by_label("Group by").select_option(label="Month")
    expect(said).to_contain_text("by month")
    expect(rows.first).to_contain_text("Jan")
    mean = rows.first.inner_text()
    page.get_by_label("Statistic").select_option(index=1)
    expect(rows.first).to_contain_text("Jan")
    expect(rows.first).not_to_have_text(mean)
    page.wait_for_function(
        "before => [...document.querySelectorAll('.chart canvas')].map(one => one.toDataURL()).join() !== before",
        arg=before,
    )


def test_a_reload_and_a_second_tab_stay_in_the_same_berth(visitors: Visitors, system: System) -> None:
    """The seat belongs to the visitor, not to one load of the page."""
    page = visitors.page(system.url)
    berth = served_by(page)
    page.reload()
    expect(page.get_by_role("status")).to_be_visible()
    assert served_by(page) == berth
    tab = page.context.new_page()
    tab.goto(f"{system.url}/")
    expect(tab.get_by_role("status")).to_be_visible()
    assert served_by(tab) == berth


def test_logging_out_ends_the_seat_and_says_so_in_all_tabs(visitors: Visitors, system: System) -> None:
    """The process ends, and the tab that was only open learns that it is over."""
    page = visitors.page(system.url, user="bob")
    expect(page.get_by_role("status")).to_be_visible()
    pid = system.berth_of("bob")["pid"]
    tab = page.context.new_page()
    tab.goto(f"{system.url}/logout")
    tab.get_by_role("button", name="Log out").click()
    expect(tab.get_by_role("heading", name="You are logged out")).to_be_visible()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    system.until(lambda: pid not in [berth["pid"] for berth in system.status()["berths"]])
    page.get_by_role("link", name="Log in again").click()
    expect(page).to_have_url(re.compile("/login"))
