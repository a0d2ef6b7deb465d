"""What goes wrong in a dashboard is told by an id; what exactly stands in the log alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visitors

SECRET = re.compile(r"Traceback|planted in|planted while|trouble\.py|RuntimeError")


@pytest.fixture
def heard(visitors: Visitors) -> Iterator[list[str]]:
    """Everything that reaches the page: console, answers and WebSocket frames."""
    texts: list[str] = []
    context = visitors.context

    def watched(**options: object):  # type: ignore[no-untyped-def]  # BrowserContext
        made = context(**options)
        made.on("console", lambda said: texts.append(said.text))
        made.on("response", lambda answer: texts.append(answer.text()) if "html" in _type(answer) else None)
        made.on("page", lambda page: page.on("websocket", listen))
        return made

    def listen(socket) -> None:  # type: ignore[no-untyped-def]  # WebSocket
        socket.on("framereceived", lambda frame: texts.append(frame if isinstance(frame, str) else repr(frame)))

    visitors.context = watched  # type: ignore[method-assign]  # for this test
    yield texts
    assert texts
    assert [text for text in texts if SECRET.search(text)] == []


def _type(answer) -> str:  # type: ignore[no-untyped-def]  # Response
    return str(answer.headers.get("content-type", "")) if answer.status < 300 or answer.status >= 400 else ""


def problem(page: Page) -> str:
    """Return the id that the notice names."""
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Something went wrong in this dashboard")
    found = re.search(r"under ([0-9a-f]{8})", notice.inner_text())
    assert found
    return found.group(1)


@pytest.mark.parametrize("button", ["Fail", "Fail later"])
def test_a_callback_that_raises_shows_an_id_under_which_the_log_has_the_traceback(
    visitors: Visitors, site: Site, heard: list[str], button: str
) -> None:
    """Functions and coroutines alike; the dashboard goes on, and the notice can be closed."""
    page = visitors.page(site.url, "/trouble")
    page.get_by_role("button", name=button, exact=True).click()
    number = problem(page)
    log = site.system.until(lambda: number in site.system.log() and site.system.log())
    assert "RuntimeError: planted in a" in log[log.index(number) :]
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_text("Counted 1")).to_be_visible()


def test_another_visitor_hears_nothing_of_it(visitors: Visitors, site: Site) -> None:
    """The notice is for the session that failed."""
    page, other = visitors.page(site.url, "/trouble"), visitors.page(site.url, "/trouble")
    expect(other.get_by_text("Counted 0")).to_be_visible()
    page.get_by_role("button", name="Fail", exact=True).click()
    problem(page)
    other.get_by_role("button", name="Count").click()
    expect(other.get_by_text("Counted 1")).to_be_visible()
    expect(other.get_by_role("alert")).to_be_hidden()


def test_a_script_that_raises_shows_a_page_with_an_id(visitors: Visitors, site: Site, heard: list[str]) -> None:
    """It says that the dashboard failed, and trying again leads back to it."""
    visitors.forgive("status of 500")
    page = visitors.page(site.url, "/trouble?fail")
    expect(page.get_by_role("heading", name="This dashboard failed")).to_be_visible()
    number = page.locator("code").inner_text()
    log = site.system.until(lambda: number in site.system.log() and site.system.log())
    assert "RuntimeError: planted while the page is made" in log[log.index(number) :]
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("code")).not_to_have_text(number)
    expect(page).to_have_url(re.compile(r"/trouble\?fail$"))
