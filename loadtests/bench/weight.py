"""Bytes and requests of the first and the second load of a plain page, in a browser with an empty cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright

from loadtests.bench.figures import Bound, Row, single
from loadtests.bench.progress import Progress
from loadtests.bench.servers import APPS, BERTH, STOCK, serving
from tests.support.chromium import ARGUMENTS
from tests.support.client import Browser
from tests.support.require import chromium

REST = 1000
"""Milliseconds after the button is there until all is thought to be loaded."""

BOUNDS = {"first": Bound("value", 950), "second": Bound("value", 40)}
"""kB."""

LOCAL = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""Keeps the browser from asking anybody else, whatever a page names."""


@dataclass(frozen=True)
class Load:
    """What one load took over the wire; what came out of the browser's cache is not in it, what failed is."""

    kilobytes: float
    requests: int


def measure(tries: int, progress: Progress) -> Iterator[Row]:
    """Yield two rows for each load. Nothing differs from try to try, so there is one; none without Chromium."""
    path = chromium()
    if path is None:
        progress.say("left out, since there is no chromium on PATH (Debian: apt install chromium)")
        return
    with serving(APPS / "click.py", names=(STOCK, BERTH)) as servers, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, LOCAL])
        loads = {name: _loads(browser, server.visitor()) for name, server in servers.items()}
        browser.close()
    stock = loads[STOCK]
    for number, which in enumerate(BOUNDS):
        sizes = tuple(single(name, each[number].kilobytes, stock[number].kilobytes) for name, each in loads.items())
        yield Row(f"{which} load", "kB", STOCK, sizes, BOUNDS[which])
        counts = tuple(single(name, each[number].requests, stock[number].requests) for name, each in loads.items())
        yield Row(f"{which} load, requests", "", STOCK, counts)


def _loads(chromium: Chromium, browser: Browser) -> list[Load]:
    """Load the page twice with the cookies of ``browser``."""
    context = chromium.new_context()
    cookies = [{"name": one.name, "value": one.value or "", "url": browser.url} for one in browser.http.cookies]
    context.add_cookies(cookies)  # type: ignore[arg-type]  # a typed dictionary of the same form
    page = context.new_page()
    wire = context.new_cdp_session(page)
    sizes: list[int] = []
    failures: list[str] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    wire.on("Network.loadingFailed", lambda event: failures.append(event["errorText"]))
    wire.send("Network.enable")
    found = []
    for _ in BOUNDS:
        sizes.clear()
        failures.clear()
        page.goto(f"{browser.url}/click")
        page.get_by_role("button", name="Click").wait_for()
        page.wait_for_timeout(REST)
        found.append(Load(sum(sizes) / 1000, sum(size > 0 for size in sizes) + len(failures)))
    context.close()
    return found
