"""Pages of other sites show a dashboard if the operator named them, and cannot otherwise."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from bokeh.embed import server_document
from playwright.sync_api import Page, expect

from tests.browser.conftest import OUTAGE, SCRIPTS, Visitors
from tests.browser.wire import Wire
from tests.support.system import PASSWORD, System

REFUSED = r"blocked by CORS policy|net::ERR_FAILED|frame-ancestors|net::ERR_BLOCKED_BY_RESPONSE|chrome-error"
"""What Chromium writes to the console of a page that was refused."""


@dataclass
class Host:
    """Another site: one page, whose body is set by the test. ``name`` is how browsers call this machine."""

    name: str = "127.0.0.1"
    body: str = ""
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        host = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(f"<!doctype html><title>Another site</title><body>{host.body}".encode())

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # browsers hang up as they like
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        """What the operator names."""
        return f"http://{self.name}:{self.server.server_port}"

    def show(self, page: Page, body: str) -> None:
        """Open the page with this body."""
        self.body = body
        page.goto(f"{self.origin}/")


@dataclass
class Web:
    """A system, a site that may embed its dashboards, and one that may not."""

    wire: Wire
    system: System
    friend: Host
    stranger: Host

    @property
    def garden(self) -> str:
        """The dashboard's address."""
        return f"{self.wire.url}/garden"


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """Three origins of one site: this machine on three ports."""
    wire, friend, stranger = Wire(), Host(), Host()
    settings = {"APP_URL": wire.url, "BERTH_EMBED_ORIGINS": friend.origin, "BERTH_SEAT_GRACE": 1}
    with System(SCRIPTS / "garden.py", **settings) as system:
        wire.target = system.port
        yield Web(wire, system, friend, stranger)
        wire.close()
    friend.server.shutdown()
    stranger.server.shutdown()


@pytest.fixture
def page(visitors: Visitors, web: Web) -> Page:
    """A visitor who has logged in."""
    return visitors.blank(web.wire.url)


def grow(page: Any, total: int) -> None:
    """Press the button in a page or a frame."""
    page.get_by_role("button", name="Grow", exact=True).click()
    expect(page.get_by_text(f"Total: {total}", exact=True)).to_be_visible()


def test_a_named_site_embeds_a_dashboard_by_script(page: Page, web: Web) -> None:
    """What ``bokeh.embed.server_document`` writes works with the visitor's own session."""
    web.friend.show(page, server_document(web.garden, with_credentials=True))
    grow(page, 1)


def test_an_embedded_dashboard_comes_back_after_a_loss(page: Page, web: Web, visitors: Visitors) -> None:
    """As it does on a page of its own."""
    visitors.forgive(OUTAGE + "|blocked by CORS policy")
    web.friend.show(page, server_document(web.garden, with_credentials=True))
    grow(page, 1)
    with page.expect_console_message(lambda said: "Reconnected websocket" in said.text):
        web.wire.cut()
        expect(page.locator("#berth-notices")).to_contain_text("The connection was lost")
        web.wire.mend()
    expect(page.locator("#berth-notices")).to_have_text("")
    grow(page, 2)


def test_an_embedded_dashboard_whose_process_is_gone_says_so(page: Page, web: Web, visitors: Visitors) -> None:
    """It offers a new one and does not reload the page of the other site by itself."""
    visitors.forgive(OUTAGE + "|blocked by CORS policy")
    web.friend.show(page, server_document(web.garden, with_credentials=True))
    grow(page, 1)
    for berth in web.system.status()["berths"]:
        if berth["visitors"]:
            os.kill(berth["pid"], signal.SIGKILL)
    expect(page.locator("#berth-notices")).to_contain_text("ended unexpectedly", timeout=5000)
    page.get_by_role("button", name="Open a new one").click()
    grow(page, 1)


def test_leaving_an_embedding_page_frees_the_seat(page: Page, web: Web) -> None:
    """The beacon reaches the lobby from there, too."""
    web.friend.show(page, server_document(web.garden, with_credentials=True))
    grow(page, 1)
    assert web.system.status()["taken"] == 1
    page.goto("about:blank")
    web.system.until(lambda: web.system.status()["taken"] == 0, 8)


def test_a_site_that_is_not_named_embeds_nothing_by_script(page: Page, web: Web, visitors: Visitors) -> None:
    """The browser does not get to read the script."""
    visitors.forgive(REFUSED)
    with page.expect_event("requestfailed", lambda request: "autoload.js" in request.url):
        web.stranger.show(page, server_document(web.garden, with_credentials=True))
    expect(page.get_by_role("button", name="Grow")).to_have_count(0)


def test_a_named_site_shows_a_dashboard_in_a_frame(page: Page, web: Web) -> None:
    """The whole page, with its own address."""
    web.friend.show(page, f"<iframe src='{web.garden}' width=600 height=600></iframe>")
    grow(page.frame_locator("iframe"), 1)


def test_a_site_that_is_not_named_shows_no_dashboard_in_a_frame(page: Page, web: Web, visitors: Visitors) -> None:
    """The browser keeps to ``frame-ancestors``."""
    visitors.forgive(REFUSED)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    web.stranger.show(page, f"<iframe src='{web.garden}' width=600 height=600></iframe>")
    expect(page.frame_locator("iframe").get_by_role("button", name="Grow")).to_have_count(0)
    assert any("frame-ancestors" in text for text in said)


def test_who_is_not_logged_in_is_told_so_inside_the_embedding_page(web: Web, visitors: Visitors) -> None:
    """With a link to log in; after that the page shows the dashboard."""
    page = visitors.context().new_page()
    web.friend.show(page, server_document(web.garden, with_credentials=True))
    expect(page.get_by_text("this needs a login")).to_be_visible(timeout=5000)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in").click()
    login = opened.value
    login.get_by_label("User name").fill("alice")
    login.get_by_label("Password", exact=True).fill(PASSWORD)
    login.get_by_role("button", name="Log in").click()
    expect(login.get_by_text("Loads: 1", exact=True)).to_be_visible()
    page.reload()
    grow(page, 1)


def test_a_page_of_another_site_shows_a_dashboard_in_a_frame_in_which_one_logs_in(visitors: Visitors) -> None:
    """Over https, whose cookies may be set there. Chromium takes this machine's http for as safe as https."""
    wire, host = Wire(), Host("localhost")
    settings = {"APP_URL": wire.url.replace("http:", "https:"), "BERTH_EMBED_ORIGINS": host.origin}
    with System(SCRIPTS / "garden.py", **settings) as system:
        wire.target = system.port
        page = visitors.context().new_page()
        visitors.forgive("Blocked autofocusing")
        host.show(page, f"<iframe src='{wire.url}/garden' width=600 height=600></iframe>")
        frame = page.frame_locator("iframe")
        frame.get_by_label("User name").fill("alice")
        frame.get_by_label("Password", exact=True).fill(PASSWORD)
        frame.get_by_role("button", name="Log in").click()
        grow(frame, 1)
        page.reload()
        grow(frame, 1)
        page.close()
        wire.close()
    host.server.shutdown()
