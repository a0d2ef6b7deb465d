"""A person with a browser, on the cluster."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.kubectl import names
from tests.e2e.release import PASSWORD, USERS, Release
from tests.support import chromium


def test_a_page_outlives_the_front_that_it_came_through(release: Release) -> None:
    """Log in, press a button; both fronts are replaced; the page has said nothing, and goes on in the same session."""
    with chromium.running() as browser:
        page = browser.new_page()
        page.goto(f"{release.url}/lock")
        page.get_by_label("User name").fill(USERS[0])
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Quick").click()
        expect(page.get_by_text("quick task 1 done")).to_be_visible(timeout=20_000)
        for pod in names(release.pods("front")):
            release.namespace.kubectl("delete", "pod", pod, "--force", "--grace-period=0", "--wait=false")
        release.await_ready("front", 2)
        page.get_by_role("button", name="Quick").click()
        expect(page.get_by_text("quick task 2 done")).to_be_visible(timeout=20_000)
        page.close()
