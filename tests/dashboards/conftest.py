"""Explorer as `panel serve` serves it, before a real Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

import berth.dashboards
from loadtests.bench.servers import STOCK, PanelServe
from tests.support.chromium import running

SCRIPT = Path(berth.dashboards.__file__).parent / "explorer.py"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a real `panel serve` serves the script."""
    with PanelServe(STOCK, SCRIPT) as server:
        yield f"{server.visitor().url}/explorer"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium, without a window."""
    with running() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens Explorer as a visitor of their own; the test fails if a page loads from elsewhere or reports an error."""
    faults: list[str] = []
    contexts = []

    def open_page(search: str = "") -> Page:
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: None if is_local(request.url) else faults.append(request.url))
        page.goto(f"{address}{search}")
        page.get_by_role("status").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def is_local(url: str) -> bool:
    """Whether a request stays with the server that was asked, or within the page."""
    return url.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:"))


def answer(page: Page) -> Locator:
    """The sentence above chart and table; a job has a status of its own."""
    return page.get_by_label("Chart and table").get_by_role("status")
