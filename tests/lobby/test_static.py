"""Static files: what is kept, what is left to the berth, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
from pathlib import Path
from urllib.parse import quote

import bokeh
import pytest

from berth.lobby.files import File, Files, Root
from tests.lobby.conftest import Browser

BOKEH = Path(bokeh.__file__).parent / "server" / "static"
CORE = BOKEH / "js" / "bokeh.min.js"
FOR_EVER = "public, max-age=31536000, immutable"
PANEL = importlib.metadata.version("panel")


def test_a_file_is_sent_compressed_without_a_login(browser: Browser) -> None:
    """And uncompressed to whoever cannot read that."""
    packed = browser.get("/static/js/bokeh.min.js", Accept_Encoding="br, gzip")
    assert (packed.status, packed.headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(packed.body) == CORE.read_bytes()
    assert packed.headers["Content-Type"].startswith("text/javascript")
    assert packed.headers["Vary"] == "Accept-Encoding"
    plain = browser.get("/static/js/bokeh.min.js", Accept_Encoding="gzip;q=0")
    assert "Content-Encoding" not in plain.headers
    assert plain.body == CORE.read_bytes()
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert browser.ask("HEAD", "/static/js/bokeh.min.js", None, {}).body == b""


def test_an_unchanged_file_is_not_sent_again(browser: Browser) -> None:
    """304 for the ETag."""
    first = browser.get("/static/js/bokeh.min.js", Accept_Encoding="gzip")
    again = browser.get("/static/js/bokeh.min.js", Accept_Encoding="gzip", If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    ("path", "version", "caching"),
    [
        ("js/bokeh.min.js", hashlib.sha512(CORE.read_bytes()).hexdigest(), FOR_EVER),
        ("js/bokeh.min.js", importlib.metadata.version("bokeh"), FOR_EVER),
        ("js/bokeh.min.js", "", "no-cache"),
        ("extensions/panel/panel.min.js", hashlib.sha256(PANEL.encode()).hexdigest(), FOR_EVER),
        ("extensions/panel/css/button.css", PANEL, FOR_EVER),
        ("extensions/panel-material-ui/panel-material-ui.bundle.js", "", "no-cache"),
        ("extensions/panel-material-ui/material-icons.css", PANEL, "no-cache"),
    ],
)
def test_a_file_is_kept_for_ever_only_by_a_version_of_its_own(
    browser: Browser, path: str, version: str, caching: str
) -> None:
    """Its hash or its package's version; Panel's version on files of another package says nothing."""
    answer = browser.get(f"/static/{path}" + (f"?v={version}" if version else ""))
    assert (answer.status, answer.headers["Cache-Control"]) == (200, caching)


@pytest.mark.parametrize(
    "url",
    [
        "/static/js/bokeh.min.js?v=0123",
        "/static/js/bokeh.min.js?v=" + PANEL,
        "/static/extensions/ipyleaflet/index.js",
        "/static/extensions/unknown/x.js?v=1&w=%26",
        "/static/js/",
        "/static/",
    ],
)
def test_what_the_lobby_does_not_have_is_left_to_the_berth(browser: Browser, url: str) -> None:
    """By a redirection that nobody keeps; and if it comes back, there is nothing."""
    answer = browser.get(url)
    assert (answer.status, answer.headers["Cache-Control"]) == (302, "no-store")
    assert answer.location == url + ("&" if "?" in url else "?") + "seat=1"
    assert browser.get(answer.location).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "../../../../etc/passwd",
        "js/../../../../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "js/..%5c..%5cetc",
        "/etc/passwd",
        "//etc/passwd",
        "js/bokeh.min.js%00.css",
        "extensions/panel/../../../../../../etc/passwd",
        "js/bokeh.min.js/",
        "js//bokeh.min.js",
        "extensions/panel/../../panel/config.py",
    ],
)
def test_no_path_leads_out_of_the_folders(browser: Browser, path: str) -> None:
    """Only files of the index are ever opened."""
    for _ in range(2):
        answer = browser.get(f"/static/{path}?seat=1")
        assert answer.status == 404
        assert b"root:" not in answer.body
        answer = browser.get(f"/berth/assets/{quote(path, safe='%/.')}")
        assert answer.status == 404


def test_our_own_files_are_kept_by_their_hash(browser: Browser) -> None:
    """Every file of the look, under the address that its page uses."""
    import re

    page = browser.page("/login").text
    urls = re.findall(r'(?:href|src)="(/berth/assets/[^"]+)"', page)
    assert len(urls) >= 4
    for url in urls:
        answer = browser.get(url, Accept_Encoding="gzip")
        assert (answer.status, answer.headers["Cache-Control"]) == (200, FOR_EVER)
        assert browser.get(url.partition("?")[0] + "?v=other").headers["Cache-Control"] == "no-cache"


def test_the_favicon_is_ours(browser: Browser) -> None:
    """Browsers ask for it on their own."""
    assert browser.get("/favicon.ico").headers["Content-Type"] == "image/svg+xml"


def test_a_first_page_needs_less_than_a_megabyte(browser: Browser) -> None:
    """What a plain Panel page loads, on the wire."""
    names = ["js/bokeh", "js/bokeh-widgets", "js/bokeh-tables", "js/bokeh-gl", "extensions/panel/panel"]
    sizes = [len(browser.get(f"/static/{name}.min.js", Accept_Encoding="gzip").body) for name in names]
    assert sum(sizes) < 850_000


def test_memory_for_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were not asked for longest are read again."""
    import asyncio
    import os

    from berth.lobby import files as files_module

    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(os.urandom(1000))
    monkeypatch.setattr(files_module, "MOST_BYTES", 2500)
    files = Files([Root("", tmp_path)])

    async def read_all() -> list[File]:
        return [await files.get(f"{number}.png") for number in range(5)]

    assert [file.body for file in asyncio.run(read_all())] == [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    assert list(files._loaded) == ["3.png", "4.png"]
