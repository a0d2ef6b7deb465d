"""A visitor logs in, uses the dashboard that ships, and leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OUTAGE, Visitors
from tests.browser.wire import Wire
from tests.support.system import PASSWORD, System


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the system puts what lasts no longer than it."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def system(files: Path) -> Iterator[System]:
    """What `berth up` serves when no script is named."""
    with System(BERTH_SEAT_GRACE=3, BERTH_UPLOAD_LIMIT=4, TMPDIR=files) as running:
        yield running


def picture(page: Page) -> str:
    """Return what the visible chart shows."""
    return str(page.locator(".chart canvas").evaluate_all("all => all.map(one => one.toDataURL()).join()"))


def tabs(page: Page, last: str, most: int = 80) -> list[str]:
    """Return what the Tab key reaches, one after the other, by name, up to ``last`` or to so many."""
    find = """() => {
        let one = document.activeElement
        while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement
        return one?.ariaLabel ?? one?.labels?.[0]?.innerText ?? one?.innerText ?? ""
    }"""
    names: list[str] = []
    while len(names) < most and (not names or last not in names[-1]):
        page.keyboard.press("Tab")
        names.append(page.evaluate(find))
    return names


def served_by(page: Page) -> str:
    """Return the berth that the page names."""
    return page.get_by_role("banner").get_by_text("Served by").locator("xpath=..").inner_text()


def test_a_visitor_logs_in_by_keyboard_and_lands_in_the_explorer(visitors: Visitors, system: System) -> None:
    """Typing, Tab and Enter are enough, and the page names the visitor and the berth that serves them."""
    page = visitors.context().new_page()
    page.goto(f"{system.url}/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{system.url}/explorer")
    expect(page.get_by_role("banner")).to_contain_text("alice")
    berth = system.berth_of("alice")
    expect(page.get_by_role("banner")).to_contain_text(f"{berth['name']} · process {berth['pid']}")


def test_choices_change_sentence_table_and_chart(visitors: Visitors, system: System) -> None:
    """Another group and another statistic show in all three."""
    page = visitors.page(system.url)
    said, rows = page.get_by_role("status"), page.locator(".tabulator-row")
    expect(said).to_contain_text("by airline")
    expect(rows.first).to_contain_text("United Air Lines")
    before = picture(page)
    page.get_by_label("Group by").select_option(label="Month")
    expect(said).to_contain_text("by month")
    expect(rows.first).to_contain_text("Jan")
    mean = rows.first.inner_text()
    page.get_by_label("Statistic").select_option(index=1)
    expect(rows.first).to_contain_text("Jan")
    expect(rows.first).not_to_have_text(mean)
    page.wait_for_function(
        "before => [...document.querySelectorAll('.chart canvas')].map(one => one.toDataURL()).join() !== before",
        arg=before,
    )


def test_all_of_it_is_done_by_keyboard(visitors: Visitors, system: System) -> None:
    """Tab reaches every control in the order of the page; Enter, Space and arrows work them."""
    page = visitors.page(system.url)
    expect(page.locator(".tabulator-row").first).to_be_visible()
    reached = tabs(page, "Compute intervals")
    wanted = ["Skip to the results", "Table", "Explore a file", "Group by", "All airlines", "Clear filters", "Sort"]
    wanted += ["Download as CSV", "Resamples", "Compute intervals"]
    places = [next((place for place, name in enumerate(reached) if want in name), -1) for want in wanted]
    assert places == sorted(places), reached
    assert places[0] == 0, reached
    page.get_by_label("Group by").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("status")).to_contain_text("by origin")
    page.get_by_role("textbox", name="All airlines").focus()
    page.keyboard.type("Delta")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("48,110 flights")
    page.get_by_role("button", name="Clear filters").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("336,776 flights")
    page.get_by_role("button", name="Download as CSV").focus()
    with page.expect_download():
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Compute intervals").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("cancelled after")).to_be_visible()


def test_an_upload_belongs_to_its_page_alone(visitors: Visitors, system: System, files: Path, tmp_path: Path) -> None:
    """Neither another visitor nor a second page of the same one sees it, and nothing is left when the page goes."""
    file = tmp_path / "secret.csv"
    file.write_text("region,amount\nnorth,1\nsouth,5\n")
    page = visitors.page(system.url)
    page.get_by_label("Explore a file").set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text("secret.csv is shown, with 2 rows")
    for other in (page.context.new_page(), visitors.blank(system.url)):
        other.goto(f"{system.url}/explorer")
        expect(other.get_by_label("Table", exact=True).locator("option")).to_have_text(["New York flights 2013"])
        other.goto("about:blank")
    assert list(files.glob("explorer-*/*")) == []
    page.goto("about:blank")
    system.until(lambda: not list(files.glob("explorer-*")))


def test_a_file_above_the_limit_is_refused_with_its_size(visitors: Visitors, system: System, tmp_path: Path) -> None:
    """The page says how much can be sent, and stays as it was."""
    file = tmp_path / "much.csv"
    file.write_bytes(b"a,b\n" + b"x,1\n" * 1_200_000)
    page = visitors.page(system.url)
    expect(page.get_by_role("status")).to_be_visible()
    page.get_by_label("Explore a file").set_input_files(file)
    expect(page.get_by_text("much.csv (4.6 MB) is too large: at most 4 MB can be sent.")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("336,776 flights")


def test_an_upload_goes_on_after_a_lost_connection(visitors: Visitors, tmp_path: Path) -> None:
    """A piece that did not arrive is sent again, and the file is whole."""
    file = tmp_path / "kept.csv"
    file.write_bytes(b"kind,size\n" + b"x,1\ny,2\n" * 450_000)
    wire = Wire()
    with System(APP_URL=wire.url) as system:
        wire.target = system.port
        page = visitors.page(wire.url)
        expect(page.get_by_role("status")).to_be_visible()
        visitors.forgive(OUTAGE)
        wire.cut()
        page.get_by_label("Explore a file").set_input_files(file)
        page.wait_for_timeout(1000)
        wire.mend()
        expect(page.get_by_text("kept.csv is shown, with 900,000 rows")).to_be_visible(timeout=40_000)
        wire.close()


def test_a_reload_and_a_second_tab_stay_in_the_same_berth(visitors: Visitors, system: System) -> None:
    """The seat belongs to the visitor, not to one load of the page."""
    page = visitors.page(system.url)
    berth = served_by(page)
    page.reload()
    expect(page.get_by_role("status")).to_be_visible()
    assert served_by(page) == berth
    tab = page.context.new_page()
    tab.goto(f"{system.url}/")
    expect(tab.get_by_role("status")).to_be_visible()
    assert served_by(tab) == berth


def test_logging_out_ends_the_seat_and_says_so_in_all_tabs(visitors: Visitors, system: System) -> None:
    """The process ends, and the tab that was only open learns that it is over."""
    page = visitors.page(system.url, user="bob")
    expect(page.get_by_role("status")).to_be_visible()
    pid = system.berth_of("bob")["pid"]
    tab = page.context.new_page()
    tab.goto(f"{system.url}/logout")
    tab.get_by_role("button", name="Log out").click()
    expect(tab.get_by_role("heading", name="You are logged out")).to_be_visible()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    system.until(lambda: pid not in [berth["pid"] for berth in system.status()["berths"]])
    page.get_by_role("link", name="Log in again").click()
    expect(page).to_have_url(re.compile("/login"))
