"""Pages, paths and policies."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from berth.errors import ConfigurationError
from berth.lobby.state import Lobby
from berth.look.assets import asset_url
from berth.settings import Settings
from berth.status import App
from tests.lobby.conftest import Browser, Launch
from tests.lobby.supervisor import FakeSupervisor

Supervise = Callable[..., FakeSupervisor]
TWO = (App("/one", "One & only"), App("/two", "Two"))


@pytest.mark.parametrize("path", ["/login", "/berth/ended?why=idle", "/berth/nothing", "/logout"])
def test_pages_run_no_inline_code_and_ask_no_other_host(browser: Browser, path: str) -> None:
    """The policy forbids it, and nothing in the pages needs it."""
    answer = browser.become().page(path) if path == "/logout" else browser.page(path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", answer.text)
    assert not re.search(r"(?:src|href|action)=\"(?!/)", answer.text)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("idle", "You were away"),
        ("logout", "You are logged out"),
        ("crashed", "The dashboard stopped"),
        ("drained", "The server was renewed"),
        ("gone", "This session has ended"),
        ("<script>", "This session has ended"),
    ],
)
def test_a_seat_that_is_gone_is_explained(browser: Browser, why: str, words: str) -> None:
    """With one thing to do, which leads back to where the visitor was, and without the old ticket."""
    browser.become().page("/app")
    page = browser.page(f"/berth/ended?why={why}&next=/app%3Fx%3D1")
    assert words in page.text
    assert 'href="/berth/seat?next=/app%3Fx%3D1"' in page.text
    assert "berth" not in browser.cookies


def test_several_dashboards_are_listed(supervise: Supervise, launch: Launch) -> None:
    """At ``/`` for whoever is logged in, at ``/berth/index`` also with a ticket; after a login, too."""
    fake = supervise(apps=TWO)
    browser = Browser(launch(fake))
    assert browser.page("/").location == "/login?next=/"
    assert browser.page("/berth/index").location == "/login?next=/"
    browser.become()
    for path in ("/", "/berth/index"):
        page = browser.page(path)
        assert page.status == 200
        assert "One &amp; only" in page.text
        assert 'href="/two"' in page.text
    assert fake.taken == {}


def test_a_single_dashboard_is_entered_at_once(browser: Browser) -> None:
    """There is nothing to choose."""
    assert browser.become().page("/").location == "/"
    assert "berth" in browser.cookies


@pytest.mark.parametrize("dest", ["script", "image", "empty", "style"])
def test_only_pages_take_a_seat(browser: Browser, fake: FakeSupervisor, dest: str) -> None:
    """A picture or a script on another site must not open anything."""
    browser.become()
    for answer in (
        browser.get("/app/thing.js", Sec_Fetch_Dest=dest, Accept="*/*"),
        browser.get("/app/ws", Upgrade="websocket", Connection="Upgrade"),
        browser.post("/app"),
        browser.ask("PUT", "/app", b"", {}),
    ):
        assert answer.status == 403
    assert browser.ask("HEAD", "/app", None, {}).status == 200
    assert browser.visitor not in fake.taken


def test_everything_lies_under_the_prefix(supervise: Supervise, launch: Launch) -> None:
    """Paths, cookies and addresses in pages follow APP_URL."""
    fake = supervise(apps=TWO)
    lobby = launch(fake, APP_URL="https://example.org/tools/dash")
    browser = Browser(lobby)
    assert browser.page("/one?x").location == "/tools/dash/login?next=/tools/dash/one%3Fx"
    page = browser.page("/login")
    assert 'action="/tools/dash/login"' in page.text
    assert "/tools/dash/berth/assets/base.css?v=" in page.text
    assert "Path=/tools/dash;" in page.headers["Set-Cookie"]
    answer = browser.log_in(target="/one?x#y")
    assert (answer.status, answer.location) == (303, "/tools/dash/one?x#y")
    assert 'href="/tools/dash/one"' in browser.page("").text
    assert browser.get("/static/js/bokeh.min.js").status == 200
    assert browser.get("/static/js/x.js").location == "/tools/dash/static/js/x.js?seat=1"
    lobby.prefix = ""
    assert browser.page("/login").status == 404


def test_title_logo_and_colour_are_the_operators(supervise: Supervise, launch: Launch, tmp_path: Path) -> None:
    """The logo is served from here, the colour stands in the style."""
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG picture")
    lobby = launch(supervise(), BERTH_TITLE="Nord & Süd", BERTH_LOGO=str(logo), BERTH_COLOUR="#552277")
    page = Browser(lobby).page("/login").text
    assert "Nord &amp; Süd" in page
    address = re.search(r'src="(/berth/assets/logo\.png\?v=[^"]+)"', page)
    assert address
    assert Browser(lobby).get(address[1]).body == logo.read_bytes()
    assert b"--berth-colour: #552277" in Browser(lobby).get("/berth/assets/theme.css").body


def test_a_lobby_without_a_secret_or_users_does_not_start() -> None:
    """Both are said at once, with the way out."""
    with pytest.raises(ConfigurationError) as caught:
        Lobby(Settings())
    assert [problem.split()[0] for problem in caught.value.problems] == ["COOKIE_SECRET", "CREDENTIALS"]
    with pytest.raises(ConfigurationError, match="COOKIE_SECRET"):
        Lobby(Settings(login="none"))


def test_a_port_that_is_taken_is_named(browser: Browser) -> None:
    """Instead of a traceback."""
    from tests.lobby.conftest import RUN

    again = [sys.executable, "-c", RUN]
    failed = subprocess.run(
        again, env=browser.lobby.environment, capture_output=True, text=True, timeout=20, check=False
    )
    assert failed.returncode != 0
    assert f"BERTH_LOBBY_PORT={browser.lobby.port} cannot be opened" in failed.stderr


def test_the_lobby_imports_neither_panel_nor_bokeh() -> None:
    """It starts in a moment, and no dashboard code is near the logins."""
    code = "import sys, berth.lobby\nfrom berth.lobby.files import Files\nFiles()\n"
    code += "print([name for name in ('panel', 'bokeh', 'param', 'panel_material_ui', 'numpy') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_address_of_a_file_names_its_content() -> None:
    """For pages of dashboards, which the lobby does not render."""
    assert re.fullmatch(r"/dash/berth/assets/notice\.css\?v=[0-9a-f]{16}", asset_url("/dash", "notice.css"))
    assert asset_url("", "theme.css") == "/berth/assets/theme.css"
    with pytest.raises(FileNotFoundError):
        asset_url("", "nothing.css")


def test_an_error_nobody_foresaw_shows_only_its_number(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The traceback is in the log, under the number that the browser shows."""
    import asyncio

    from tornado.httpclient import AsyncHTTPClient
    from tornado.httpserver import HTTPServer

    from berth.lobby.handlers.health import LivezHandler
    from berth.lobby.routes import application
    from tests.lobby.supervisor import free_port

    def fail(handler: LivezHandler) -> None:
        raise RuntimeError("a secret detail")

    async def ask(port: int) -> str:
        server = HTTPServer(application(Lobby(Settings(cookie_secret="s" * 40, login="none"))))
        server.listen(port, "127.0.0.1")
        client, url = AsyncHTTPClient(), f"http://127.0.0.1:{port}/berth/livez"
        answer = await client.fetch(url, headers={"Accept": "text/html"}, raise_error=False)
        server.stop()
        assert answer.code == 500
        return answer.body.decode()

    monkeypatch.setattr(LivezHandler, "get", fail)
    page = asyncio.run(ask(free_port()))
    number = re.search(r"<code>([0-9a-f]{8})</code>", page)
    assert number
    assert "secret detail" not in page
    assert f"error {number[1]} in GET /berth/livez" in caplog.text
    assert "RuntimeError: a secret detail" in caplog.text
