"""A visitor who does nothing is warned, and then makes room for others."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SCRIPTS, Visitors
from tests.support.system import System

TIMEOUT, WARNING = 3, 1.5


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """A system that bears three idle seconds, and warns in the middle of them."""
    settings = {"BERTH_IDLE_TIMEOUT": TIMEOUT, "BERTH_IDLE_WARNING": WARNING, "BERTH_SEAT_GRACE": 1, "BERTH_SPARE": 2}
    with System(SCRIPTS / "garden.py", SCRIPTS / "busy.py", **settings) as running:
        yield running


def warning(page: Page) -> Locator:
    """Return the dialog."""
    return page.get_by_role("dialog", name="Are you still there?")


def test_without_an_answer_the_page_goes_where_it_is_said_why(visitors: Visitors, system: System) -> None:
    """The dialog counts down; then the seat is free, and the page offers to start again."""
    page = visitors.page(system.url, "/garden", "alice")
    expect(page.get_by_text("Loads: 1", exact=True)).to_be_visible()
    expect(warning(page)).to_contain_text(re.compile("0:0[12]"))
    expect(warning(page)).to_contain_text("0:01")
    expect(page).to_have_url(re.compile(r"/berth/ended\?why=idle&next=%2Fgarden"))
    expect(page.get_by_role("heading", name="You were away")).to_be_visible()
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_text("Loads: 1", exact=True)).to_be_visible()
    assert page.url == f"{system.url}/garden"


def test_stay_here_keeps_the_seat(visitors: Visitors, system: System) -> None:
    """The button, which has the focus, closes the dialog in every tab, and the time begins anew."""
    page = visitors.page(system.url, "/garden", "bob")
    expect(page.get_by_text("Loads: 1", exact=True)).to_be_visible()
    tab = page.context.new_page()
    tab.goto(f"{system.url}/garden")
    expect(warning(page)).to_be_visible()
    expect(warning(tab)).to_be_visible()
    answered = time.monotonic()
    page.keyboard.press("Enter")
    expect(warning(page)).to_be_hidden()
    expect(warning(tab)).to_be_hidden()
    expect(warning(page)).to_be_visible()
    assert time.monotonic() - answered > TIMEOUT - WARNING - 0.5


def test_typing_counts_as_input(visitors: Visitors, system: System) -> None:
    """Who types is never warned, even if the dashboard hears nothing of it."""
    page = visitors.page(system.url, "/garden", "carol")
    field = page.get_by_label("Name")
    field.click()
    end = time.monotonic() + TIMEOUT + 1
    while time.monotonic() < end:
        page.keyboard.type("a", delay=100)
        assert not warning(page).is_visible()


def test_a_computation_is_not_idle(visitors: Visitors, system: System) -> None:
    """A callback that blocks for longer than the timeout ends with its result, not with the seat."""
    page = visitors.page(system.url, "/busy", "dave")
    page.get_by_role("button", name="Compute").click()
    expect(page.get_by_text("computed")).to_be_visible(timeout=7000)
