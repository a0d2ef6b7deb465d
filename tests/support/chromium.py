"""A real Chromium for tests, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.support.require import chromium, demand

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Runs as root, and asks nobody for anything on its own."""


@contextmanager
def running() -> Iterator[Browser]:
    """Run Chromium without a window; where there is none, the test is skipped or fails as BERTH_REQUIRE says.

    While it runs, this thread has a running event loop: fixtures of a session would disturb the tests after them.
    """
    demand("browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()
