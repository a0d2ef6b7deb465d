"""Pages can be used by everybody: axe finds nothing serious, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import berth.dashboards
from tests.browser.conftest import SCRIPTS, Visitors
from tests.support.system import System

EXPLORER = Path(berth.dashboards.__file__).with_name("explorer.py")

SEVERE = ("serious", "critical")

OTHERS = {
    ("aria-required-children", ".pnx-tabulator"): "Tabulator makes the grid's scrolling part reachable by keyboard",
}
"""Rule and part of the selector of what third parties draw, and why it is left alone."""


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Two dashboards and two berths: the third visitor waits."""
    scripts = (EXPLORER, SCRIPTS / "trouble.py")
    with System(*scripts, BERTH_MAX_BERTHS=2, BERTH_SPARE=2, BERTH_SEAT_GRACE=1) as running:
        yield running


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The colours that the visitor's system has."""
    return str(request.param)


def findings(page: Page) -> list[str]:
    """Return what axe finds in a page, but for what is listed."""
    result = Axe().run(page)
    return [
        f"{violation['impact']}: {violation['id']} at {target}: {node['failureSummary']}"
        for violation in result.response["violations"]
        if violation["impact"] in SEVERE
        for node in violation["nodes"]
        for target in [str(node["target"])]
        if not any(violation["id"] == rule and part in target for rule, part in OTHERS)
    ]


def test_login_index_and_logout(visitors: Visitors, system: System, scheme: str) -> None:
    """The form, empty and with an error; the list of dashboards; the question whether to leave; the farewell."""
    page = visitors.context(color_scheme=scheme, reduced_motion="reduce").new_page()
    visitors.forgive("status of 40[14]")
    page.goto(f"{system.url}/berth/index")
    assert findings(page) == []
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert findings(page) == []
    visitors.log_in(page, "alice")
    expect(page.get_by_role("heading", name="Dashboards")).to_be_visible()
    assert findings(page) == []
    page.goto(f"{system.url}/berth/nothing")
    expect(page.get_by_role("heading", name="Nothing is here")).to_be_visible()
    assert findings(page) == []
    page.goto(f"{system.url}/logout")
    assert findings(page) == []
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    assert findings(page) == []


def test_explorer_and_notices(visitors: Visitors, system: System, scheme: str) -> None:
    """What visitors see while they work, and when something fails."""
    system.until(lambda: system.status()["taken"] == 0 and system.status()["ready"] == 2)
    visitors.forgive("status of 500")
    # Tabulator draws a row now and then that another table has just replaced; nothing is missing from the page.
    visitors.forgive("reading 'firstChild'")
    explorer = visitors.page(system.url, "/explorer", color_scheme=scheme, reduced_motion="reduce")
    expect(explorer.get_by_role("status")).to_be_visible()
    expect(explorer.locator(".tabulator-row").first).to_be_visible()
    assert findings(explorer) == []
    explorer.get_by_role("button", name="Compute intervals").click()
    expect(explorer.get_by_role("button", name="Cancel")).to_be_visible()
    assert findings(explorer) == []
    explorer.get_by_label("Explore a file").set_input_files({"name": "x.csv", "mimeType": "", "buffer": b"a,b\nx,1\n"})
    expect(explorer.get_by_role("alert")).to_contain_text("x.csv is shown")
    assert findings(explorer) == []
    explorer.get_by_label("Table", exact=True).select_option(label="New York flights 2013")
    expect(explorer.get_by_role("note")).to_be_visible()
    assert findings(explorer) == []
    trouble = visitors.page(system.url, "/trouble", color_scheme=scheme, reduced_motion="reduce")
    trouble.get_by_role("button", name="Fail", exact=True).click()
    expect(trouble.get_by_role("alert")).to_be_visible()
    assert [found for found in findings(trouble) if "berth-notices" in found] == []
    trouble.goto(f"{system.url}/trouble?fail")
    expect(trouble.get_by_role("heading", name="This dashboard failed")).to_be_visible()
    assert findings(trouble) == []


def test_waiting_room(visitors: Visitors, system: System, scheme: str) -> None:
    """What visitors see while they wait."""
    system.until(lambda: system.status()["taken"] == 0 and system.status()["ready"] == 2)
    for _ in range(2):
        expect(visitors.page(system.url, "/trouble").get_by_text("Counted 0")).to_be_visible()
    waiting = visitors.page(system.url, "/trouble", color_scheme=scheme, reduced_motion="reduce")
    expect(waiting.get_by_role("heading", name="All places are taken")).to_be_visible()
    assert findings(waiting) == []
