"""A real Chromium for the tests that look at pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.panel.compare import ARGUMENTS
from tests.support.require import chromium as program


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all; tests that use it are marked as needing ``browser``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
        yield browser
        browser.close()
