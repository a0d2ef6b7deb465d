"""Shows dashboards through ``panel serve`` and through Berth, and prints what differs.

``python -m tests.panel.compare SCRIPT…`` opens every script in a real browser,
twice from ``panel serve`` (what differs there is chance) and once from
``berth up``, and compares console messages, requests and pictures.
"""

from __future__ import annotations

import argparse
import io
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Response, WebSocket, sync_playwright

from loadtests.bench.servers import STOCK, PanelServe
from tests.support.chromium import ARGUMENTS
from tests.support.require import chromium
from tests.support.system import PASSWORD, System

QUIET = 1.5
"""Seconds without a request after which a page counts as complete."""

LONGEST = 20.0
"""Seconds that a page may take to become quiet."""

VISIBLE = 24
"""Difference of a colour channel, of 255, from which a pixel counts as different."""

WANTED = {
    r"GET /berth/assets/(page\.js|theme\.css|notice\.css) 200": "page.js and the style of its notices",
    r"GET /static/\S+ 302": "a file that only the berth knows: the lobby sends the browser there",
}
"""Requests that Berth adds on purpose, with the reason."""


@dataclass
class Visit:
    """What a browser saw of one page."""

    console: Counter[str]
    requests: Counter[str]
    picture: Image.Image


@dataclass
class Comparison:
    """What differs between a page of ``panel serve`` and the same of Berth; shares of pixels lie between 0 and 1."""

    script: str
    console: list[str]
    requests: list[str]
    wanted: list[str]
    picture: float
    chance: float

    def row(self) -> str:
        """Return a row of the table."""
        pictures = f"{self.picture:.2%} (by chance {self.chance:.2%})"
        return f"| {self.script} | {len(self.console)} | {len(self.requests)} | {pictures} | {'; '.join(self.wanted)} |"


def compare(name: str, first: Visit, second: Visit, berth: Visit) -> Comparison:
    """Compare two visits to ``panel serve`` and one to Berth."""
    requests = _differences(first.requests | second.requests, berth.requests, first.requests & second.requests)
    wanted = [line for line in requests if _reason(line)]
    return Comparison(
        name,
        _differences(first.console | second.console, berth.console, first.console & second.console),
        [line for line in requests if line not in wanted],
        sorted({_reason(line) for line in wanted}),
        min(differing(one.picture, berth.picture) for one in (first, second)),
        differing(first.picture, second.picture),
    )


def differing(one: Image.Image, other: Image.Image) -> float:
    """Return the share of pixels that differ visibly."""
    if one.size != other.size:
        return 1.0
    distance = np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).max(axis=2)
    return float((distance >= VISIBLE).mean())


def visit(context: BrowserContext, url: str) -> Visit:
    """Open a page and wait until it is quiet."""
    page = context.new_page()
    console: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    heard = [time.monotonic()]

    def answered(answer: Response) -> None:
        heard[0] = time.monotonic()
        if not answer.url.startswith(("blob:", "data:")):
            requests[f"{answer.request.method} {_address(answer.url)} {answer.status}"] += 1

    def opened(socket: WebSocket) -> None:
        requests[f"WebSocket {_address(socket.url)}"] += 1

    page.on("console", lambda said: console.update([f"{said.type}: {_plain(said.text)}"]))
    page.on("pageerror", lambda error: console.update([f"uncaught: {_plain(str(error))}"]))
    page.on("response", answered)
    page.on("requestfailed", lambda request: requests.update([f"{request.method} {_address(request.url)} failed"]))
    page.on("websocket", opened)
    page.goto(url)
    _wait(page, heard)
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    page.close()
    return Visit(console, requests, picture)


@contextmanager
def panel_serve(scripts: list[str]) -> Iterator[str]:
    """Run ``panel serve`` and yield its address."""
    with PanelServe(STOCK, *map(Path, scripts)) as server:
        yield server.visitor().url


@contextmanager
def berth_up(scripts: list[str], context: BrowserContext) -> Iterator[str]:
    """Run ``berth up``, log in and yield its address."""
    with System(*scripts) as system:
        url = f"http://localhost:{system.port}"
        page = context.new_page()
        page.goto(f"{url}/berth/index")
        page.get_by_label("User name").fill("alice")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/berth/index")
        page.close()
        yield url


def run(scripts: list[str], browser: Browser, keep: Path | None) -> list[Comparison]:
    """Compare all scripts. Raises AssertionError if a server does not start."""
    names = [Path(script).stem for script in scripts]
    with panel_serve(scripts) as url:
        first, second = (_tour(browser.new_context(), url, names) for _ in range(2))
    context = browser.new_context()
    with berth_up(scripts, context) as url:
        berth = _tour(context, url, names)
    for label, seen in (("panel-1", first), ("panel-2", second), ("berth", berth)) if keep else ():
        for name in names:
            seen[name].picture.save(f"{keep}/{name}-{label}.png")
    return [compare(name, first[name], second[name], berth[name]) for name in names]


def _tour(context: BrowserContext, url: str, names: list[str]) -> dict[str, Visit]:
    context.set_default_timeout(30_000)
    seen = {name: visit(context, f"{url}/{name}") for name in names}
    context.close()
    return seen


def _wait(page: Page, heard: list[float]) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline and time.monotonic() - heard[0] < QUIET:
        page.wait_for_timeout(100)


def _address(url: str) -> str:
    parts = urlsplit(url)
    host = "" if parts.hostname in ("localhost", "127.0.0.1") else f"//{parts.netloc}"
    return host + unquote(parts.path)


def _plain(text: str) -> str:
    text = re.sub(r"(http|ws)://(localhost|127\.0\.0\.1):\d+", "", text)
    return re.sub(r"\b\d+(\.\d+)? ?ms\b|\b(p\d{4,}|[0-9A-F]{32})\b|\?v=\w+", "…", text)


def _differences(any_of: Counter[str], seen: Counter[str], all_of: Counter[str]) -> list[str]:
    """What was seen more often than in any of the other visits (+), or less often than in all (-)."""
    more, less = seen - any_of, all_of - seen
    return [f"+ {line}" for line in sorted(more)] + [f"- {line}" for line in sorted(less)]


def _reason(line: str) -> str:
    return next((reason for pattern, reason in WANTED.items() if re.fullmatch(rf"\+ {pattern}", line)), "")


def main() -> None:
    """Print the table and every difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", nargs="+", metavar="SCRIPT")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the pictures are kept")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        found = run(arguments.scripts, browser, arguments.keep)
        browser.close()
    print("| script | console | requests | pixels | wanted |\n| --- | --- | --- | --- | --- |")
    for one in found:
        print(one.row())
    for one in found:
        for line in (*one.console, *one.requests):
            print(f"{one.script}: {line}")


if __name__ == "__main__":
    main()
