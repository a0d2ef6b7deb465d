"""One berth and two visitors: the second waits, and gets in by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCRIPTS, Visitors
from tests.support.system import System


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """A system with one seat in all."""
    with System(SCRIPTS / "garden.py", BERTH_MAX_BERTHS=1, BERTH_SEAT_GRACE=2) as running:
        yield running


@pytest.fixture(autouse=True)
def empty(system: System) -> None:
    """Begin with a free seat."""
    system.until(lambda: system.status()["taken"] == 0 and system.status()["ready"] == 1)


def test_who_waits_sees_the_place_and_the_time_and_gets_in_when_a_tab_is_closed(
    visitors: Visitors, system: System
) -> None:
    """Closing the tab frees the seat after the grace; nobody has to reload anything."""
    first = visitors.page(system.url, user="alice")
    expect(first.get_by_text("Loads: 1", exact=True)).to_be_visible()
    second = visitors.page(system.url, user="bob")
    expect(second.get_by_role("heading", name="All places are taken")).to_be_visible()
    expect(second.locator("#place")).to_have_text("1")
    expect(second.get_by_role("timer")).to_have_text(re.compile(r"0:0[2-9]"))
    third = visitors.page(system.url, user="carol")
    expect(third.locator("#place")).to_have_text("2")
    first.close(run_before_unload=True)
    expect(second.get_by_text("Loads: 1", exact=True)).to_be_visible(timeout=8000)
    expect(third.locator("#place")).to_have_text("1")


def test_a_reload_keeps_the_seat_even_if_somebody_waits(visitors: Visitors, system: System) -> None:
    """The page that comes back within the grace is in the same berth, and the other still waits."""
    first = visitors.page(system.url, user="alice")
    expect(first.get_by_text("Loads: 1", exact=True)).to_be_visible()
    pid = system.berth_of("alice")["pid"]
    second = visitors.page(system.url, user="bob")
    expect(second.locator("#place")).to_have_text("1")
    for _ in range(3):
        first.reload()
        expect(first.get_by_text("Loads: 1", exact=True)).to_be_visible()
    assert system.berth_of("alice")["pid"] == pid
    expect(second.get_by_role("heading", name="All places are taken")).to_be_visible()


def test_a_seat_that_is_left_by_logging_out_is_given_on_at_once(visitors: Visitors, system: System) -> None:
    """Log-out needs no grace."""
    first = visitors.page(system.url, user="alice")
    expect(first.get_by_text("Loads: 1", exact=True)).to_be_visible()
    second = visitors.page(system.url, user="bob")
    expect(second.locator("#place")).to_have_text("1")
    first.goto(f"{system.url}/logout")
    first.get_by_role("button", name="Log out").click()
    expect(second.get_by_text("Loads: 1", exact=True)).to_be_visible(timeout=8000)
