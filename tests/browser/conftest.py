"""A real Chromium before the whole system.

Without one these tests are skipped, unless BERTH_REQUIRE names ``browser``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from berth.tickets import USER_COOKIE, VISITOR_COOKIE, Keys, Visitor
from tests.browser.wire import Wire
from tests.support.chromium import running
from tests.support.system import PASSWORD, SECRET, USERS, System

SCRIPTS = Path(__file__).parent / "scripts"

OUTAGE = r"net::ERR_|WebSocket connection to .* failed|Failed to connect to Bokeh server|not connected so cannot send"
"""What Chromium and Bokeh themselves write to the console while a connection is broken."""

KEYS = Keys(SECRET)

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Note which tests failed, so that fixtures can say more."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this folder."""
    with running() as browser:
        yield browser


class Visitors:
    """Makes browsers' contexts, each a visitor of its own, and notes what their pages complain about."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._names = iter(USERS[4:])
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self.forgiven: list[str] = []

    def forgive(self, pattern: str) -> None:
        """Expect console messages that match; all others fail the test."""
        self.forgiven.append(pattern)

    def context(self, **options: object) -> BrowserContext:
        """Make a context whose pages are watched."""
        context = self._browser.new_context(**options)  # type: ignore[arg-type]  # passed through
        context.set_default_timeout(20_000)
        context.on("console", lambda said: self._note(said.text) if said.type == "error" else None)
        context.on("weberror", lambda error: self._note(f"{error.error}"))
        context.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self._contexts.append(context)
        return context

    def page(self, url: str, path: str = "/", user: str = "", **options: object) -> Page:
        """Open a page as a visitor who has logged in, of the next unused name if none is given."""
        page = self.blank(url, user, **options)
        page.goto(url + path)
        return page

    def blank(self, url: str, user: str = "", **options: object) -> Page:
        """Make an empty page of a visitor who has logged in at ``url``."""
        context = self.context(**options)
        visitor = Visitor.new(user or next(self._names))
        cookies = {USER_COOKIE: KEYS.sign_user(visitor.user), VISITOR_COOKIE: KEYS.sign_visitor(visitor)}
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        return context.new_page()

    def log_in(self, page: Page, user: str) -> None:
        """Fill in the form."""
        page.get_by_label("User name").fill(user)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()

    def close(self) -> None:
        """Close all, as a visitor closes the browser."""
        for context in self._contexts:
            context.close()

    def state(self) -> str:
        """Return what all pages show and said, for the report of a test that failed."""
        pages = [page for context in self._contexts for page in context.pages]
        notices = [(page.url, page.locator("#berth-notices").all_inner_texts()) for page in pages]
        return "\n".join(map(str, [*notices, *self.faults]))

    def complaints(self) -> list[str]:
        """Return what was not forgiven."""
        return [fault for fault in self.faults if not any(re.search(pattern, fault) for pattern in self.forgiven)]

    def _note(self, fault: str) -> None:
        self.faults.append(fault)


@pytest.fixture
def visitors(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visitors]:
    """Visitors whose pages must stay without errors and ask no other machine than this one."""
    made = Visitors(chromium)
    yield made
    if request.node.stash.get(FAILED, False):
        sys.stderr.write(made.state())
        used = request.node.funcargs.values()
        systems = [one.system if isinstance(one, Site) else one for one in used if isinstance(one, Site | System)]
        sys.stderr.writelines(f"\n{system.log()[-6000:]}" for system in systems)
    made.close()
    assert made.complaints() == []
    assert {host.partition(":")[0] for host in made.hosts} <= {"127.0.0.1", "localhost", ""}


class Site:
    """A running system, and the wire that leads to it."""

    def __init__(self, system: System, wire: Wire) -> None:
        self.system = system
        self.wire = wire
        self.url = wire.url


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """The system that most tests share, with a whole wire."""
    yield shared_site
    shared_site.wire.mend()


@pytest.fixture(scope="package")
def shared_site() -> Iterator[Site]:
    """Several dashboards behind a wire that can be cut."""
    wire = Wire()
    scripts = (SCRIPTS / "garden.py", SCRIPTS / "trouble.py", SCRIPTS / "files.py")
    settings = {"BERTH_SEAT_GRACE": 1, "BERTH_UPLOAD_LIMIT": 1, "BERTH_SPARE": 2, "BERTH_MAX_BERTHS": 8}
    with System(*scripts, APP_URL=wire.url, **settings) as system:
        wire.target = system.port
        yield Site(system, wire)
        wire.close()


@pytest.fixture
def serve(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a script to serve."""

    def write(text: str, name: str = "script.py") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
