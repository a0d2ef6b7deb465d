"""Files and messages go both ways, up to a size that is said."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import OUTAGE, Site, Visitors


def choose(page: Page, size: int) -> None:
    """Choose a file of so many bytes."""
    file: FilePayload = {"name": "table.csv", "mimeType": "text/csv", "buffer": b"x" * size}
    page.locator("input[type=file]").set_input_files(file)


def test_a_file_up_to_the_limit_arrives(visitors: Visitors, site: Site) -> None:
    """Exactly one MiB, the limit here, is not too much."""
    page = visitors.page(site.url, "/files")
    choose(page, 2**20)
    expect(page.get_by_text(f"Got {2**20} bytes")).to_be_visible()


def test_a_file_beyond_the_limit_is_named_and_not_sent(visitors: Visitors, site: Site) -> None:
    """The message says which file, its size and the limit, and the session lives."""
    page = visitors.page(site.url, "/files")
    choose(page, 2**20 + 1)
    expect(page.get_by_role("alert")).to_contain_text("table.csv (1.1 MB) is too large: at most 1 MB can be sent.")
    choose(page, 1000)
    expect(page.get_by_text("Got 1000 bytes")).to_be_visible()


def test_a_dropped_file_beyond_the_limit_is_refused_too(visitors: Visitors, site: Site) -> None:
    """Wherever it is dropped: nothing is sent, and the browser does not open it either."""
    page = visitors.page(site.url, "/files")
    expect(page.get_by_text("Got 0 bytes")).to_be_visible()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(2 ** 21)], "dropped.bin"));
            document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
        }"""
    )
    expect(page.get_by_role("alert")).to_contain_text("dropped.bin (2 MB) is too large")


def test_a_download_brings_the_file(visitors: Visitors, site: Site, tmp_path: Path) -> None:
    """Through router and berth it is what the dashboard made."""
    page = visitors.page(site.url, "/files")
    with page.expect_download() as download:
        page.get_by_role("button", name="Take it").click()
    download.value.save_as(tmp_path / "thousand.txt")
    assert (tmp_path / "thousand.txt").read_bytes() == b"x" * 1000


def test_a_message_beyond_the_limit_is_told_and_the_session_goes_on(visitors: Visitors, site: Site) -> None:
    """Pasting three megabytes of text costs the connection, but neither the session nor the visitor's understanding."""
    visitors.forgive(OUTAGE)
    page = visitors.page(site.url, "/files")
    choose(page, 1000)
    expect(page.get_by_text("Got 1000 bytes")).to_be_visible()
    page.get_by_label("Text").fill("x" * 3 * 2**20)
    with page.expect_console_message(lambda said: "Reconnected websocket" in said.text):
        page.get_by_label("Text").blur()
    expect(page.get_by_role("alert")).to_contain_text("at most 1 MB can be sent")
    expect(page.get_by_text("Got 1000 bytes")).to_be_visible()
    page.get_by_label("Text").fill("x" * 1000)
    page.get_by_label("Text").blur()
    expect(page.get_by_text("1000 characters")).to_be_visible()
