"""Measure what Berth changes, each figure beside its baseline in the same run.

Usage: ``python -m loadtests.measure [--tries 100]``, from the repository's root.
Prints a Markdown table. Nothing is sent anywhere but to 127.0.0.1.
"""

from __future__ import annotations

import argparse
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright

from tests.support.client import Browser, Session
from tests.support.system import System, free_ports

CLICKS = 10
"""Clicks in one session, one after the other, before the other server is measured again."""

APPS = Path(__file__).parent / "apps"


@dataclass(frozen=True)
class Row:
    """One line of the table: ``what`` was measured, the figure, and the bound that it should keep."""

    what: str
    figure: str
    bound: str

    def __str__(self) -> str:
        return f"| {self.what} | {self.figure} | {self.bound} |"


@contextmanager
def panel_serve(script: Path) -> Iterator[Browser]:
    """Serve a script with stock ``panel serve``."""
    port = free_ports(1)
    command = [sys.executable, "-m", "panel", "serve", str(script), "--port", str(port), "--warm"]
    command += ["--allow-websocket-origin", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _until_open(port)
        yield Browser(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)


def _until_open(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


def timed(action: Callable[[], object]) -> float:
    """Return how long ``action`` takes (s)."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def isolation(tries: int) -> Iterator[Row]:
    """Quick task and opening a page, alone and beside a neighbour whose heavy task never ends."""
    with System(APPS / "lock.py", LOCK_APP_SECONDS="1,1000000") as system:
        browser = system.browser("bob")
        mine = browser.open("/lock")
        done = 0

        def task() -> float:
            nonlocal done
            done += 1
            return mine.click_and_wait("Quick", f"quick task {done} done")

        def open_page() -> float:
            session: list[Session] = []
            took = timed(lambda: session.append(browser.open("/lock")))
            session[0].leave()
            return took

        open_page()
        tasks_alone, opens_alone = [task() for _ in range(tries)], [open_page() for _ in range(tries)]
        system.browser("alice").open("/lock").click("Heavy")
        time.sleep(1.5)
        tasks, opens = [task() for _ in range(tries)], [open_page() for _ in range(tries)]
        seated = timed(lambda: system.browser("carol").open("/lock"))
    yield Row("quick task beside a heavy neighbour ÷ alone", ratios(tasks, tasks_alone), "largest ≤ 1.05")
    yield Row("opening a page beside a heavy neighbour ÷ alone", ratios(opens, opens_alone), "largest ≤ 1.3")
    yield Row("a newcomer beside it: login, seat and page", f"{seated * 1000:.0f} ms", "")


def ratios(values: list[float], baseline: list[float]) -> str:
    """Return median and largest of each value by the value of the same rank in the baseline, and the medians."""
    pairs = [one / other for one, other in zip(sorted(values), sorted(baseline), strict=True)]
    medians = f"{statistics.median(values) * 1000:.1f} ms ÷ {statistics.median(baseline) * 1000:.1f} ms"
    return f"median {statistics.median(pairs):.3f}, largest {max(pairs):.3f} ({medians}, {len(pairs)} tries)"


def latency(tries: int) -> Iterator[Row]:
    """A click and a session through the router, beside stock ``panel serve``, taken in turn."""
    script = APPS / "click.py"
    with panel_serve(script) as stock, System(script) as system:
        browsers = {"stock": stock, "berth": system.browser()}
        clicks: dict[str, list[float]] = {"stock": [], "berth": []}
        opens: dict[str, list[float]] = {"stock": [], "berth": []}
        for _ in range(max(1, tries // CLICKS)):
            for name, browser in browsers.items():
                session = browser.open("/click")
                clicks[name] += [session.click_and_wait("Click", f"click {n}.") for n in range(1, CLICKS + 1)]
                session.close()
                opens[name] += [_opening(browser) for _ in range(CLICKS)]
    yield Row("click to answer ÷ panel serve, p50", _medians(clicks), "≤ 0.143")
    yield Row("opening a session ÷ panel serve, p50", _medians(opens), "≤ 0.4")


def _opening(browser: Browser) -> float:
    """Return how long (s) it takes from the request for the page until the server confirms the open document."""
    start = time.perf_counter()
    session = browser.open("/click")
    session.confirmed()
    took = time.perf_counter() - start
    session.close()
    return took


def _medians(times: dict[str, list[float]]) -> str:
    ours, stock = statistics.median(times["berth"]), statistics.median(times["stock"])
    return f"{ours / stock:.3f} ({ours * 1000:.1f} ms ÷ {stock * 1000:.1f} ms)"


def placement(tries: int) -> Iterator[Row]:
    """How long it takes to seat a newcomer while another page blocks, beside while none does."""
    with System(APPS / "lock.py", LOCK_APP_SECONDS="1,1000000", BERTH_MAX_BERTHS=60, BERTH_SPARE=2) as system:
        newcomers = [system.browser(f"user{number}") for number in range(20)]

        def seat(browser: Browser) -> float:
            browser.http.cookies.set("berth", None)
            took = timed(lambda: browser.page("/lock", allow_redirects=False))
            system.until(lambda: system.status()["ready"] >= 2)
            return took

        alone = [seat(browser) for browser in newcomers[:10]]
        blocked = system.browser("alice").open("/lock")
        blocked.click("Heavy")
        beside = [seat(browser) for browser in newcomers[10:]]
        starts = [float(took) for took in re.findall(r"ready after ([\d.]+) s", system.log())][2:]
    added = (statistics.median(beside) - statistics.median(alone)) * 1000
    figure = f"{added:.1f} ms (largest {max(beside) * 1000:.0f} ms)"
    yield Row("seating a newcomer while another page blocks: added wait", figure, "≤ 50 ms")
    ready = f"{statistics.median(starts) * 1000:.0f} ms ({len(starts)} berths)"
    yield Row("a fresh berth after one was taken, from fork to ready, p50", ready, "≤ 60 ms + the script's own time")


def resources(tries: int) -> Iterator[Row]:
    """Start, replacement of a taken berth, and what an idle system costs."""
    start = time.perf_counter()
    with System(APPS / "click.py", BERTH_SPARE=2) as system:
        system.browser("alice").open("/click").leave()
        yield Row("from `berth up` to the first page", f"{time.perf_counter() - start:.2f} s", "≤ 5 s")
        system.until(lambda: system.status()["taken"] == 0, 40)
        time.sleep(2)
        everything = [psutil.Process(system.process.pid), *system.processes()]
        before, began = _cpu(everything), time.monotonic()
        time.sleep(10)
        share = (_cpu(everything) - before) / (time.monotonic() - began)
        yield Row("CPU of an idle system with 2 spare berths", f"{share * 100:.2f} % of a core", "≤ 2 %")
        berths = [process for process in system.processes() if "berth-" in " ".join(process.cmdline())]
        pss = [process.memory_full_info().pss / 2**20 for process in berths]
        yield Row("memory of a spare berth (PSS)", f"{statistics.median(pss):.0f} MiB", "")


def weight(tries: int) -> Iterator[Row]:
    """Bytes of the first and the second load of a plain page, in a real browser with an empty cache."""
    script = APPS / "click.py"
    with panel_serve(script) as stock, System(script) as system, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        loads = {"stock": _loads(chromium, stock), "berth": _loads(chromium, system.browser())}
        chromium.close()
    for number, (which, bound) in enumerate((("first", "≤ 0.95 MB"), ("second", "≤ 0.04 MB"))):
        ours, theirs = loads["berth"][number] / 1e6, loads["stock"][number] / 1e6
        yield Row(f"{which} load of a plain page", f"{ours:.3f} MB (panel serve {theirs:.3f} MB)", bound)


def _loads(chromium: Chromium, browser: Browser) -> list[int]:
    context = chromium.new_context()
    cookies = [{"name": c.name, "value": c.value or "", "url": browser.url} for c in browser.http.cookies]
    context.add_cookies(cookies)  # type: ignore[arg-type]  # a typed dictionary of the same form
    page = context.new_page()
    wire = context.new_cdp_session(page)
    sizes: list[int] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    wire.send("Network.enable")
    found = []
    for _ in range(2):
        sizes.clear()
        page.goto(f"{browser.url}/click")
        page.get_by_role("button", name="Click").wait_for()
        page.wait_for_timeout(1000)
        found.append(sum(sizes))
    context.close()
    return found


def _cpu(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes if process.is_running()]
    return sum(one.user + one.system for one in times)


PARTS: dict[str, Callable[[int], Iterator[Row]]] = {
    "isolation": isolation,
    "latency": latency,
    "placement": placement,
    "resources": resources,
    "weight": weight,
}


def main() -> None:
    """Measure the parts that are named, or all."""
    parser = argparse.ArgumentParser(description="Measure what Berth changes, each figure beside its baseline.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure (all)")
    parser.add_argument("--tries", type=int, default=100, help="repetitions of each measurement (100)")
    arguments = parser.parse_args()
    sys.stdout.write("| what | measured | bound |\n| --- | --- | --- |\n")
    for name in arguments.parts or PARTS:
        for row in PARTS[name](arguments.tries):
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
