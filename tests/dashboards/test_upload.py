"""In the browser: a visitor's own file is explored as the flights are, and a bad one changes nothing."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Page, expect

from tests.dashboards.conftest import answer

FILE = "Explore a file of your own"


def test_an_upload_is_explored_and_the_flights_come_back(visit: Callable[..., Page], tmp_path: Path) -> None:
    """A file brings its own columns; both tables can be chosen."""
    file = tmp_path / "sales.csv"
    file.write_text("region,amount\nnorth,1\nsouth,5\nnorth,2\n")
    page = visit()
    page.get_by_label(FILE).set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text("sales.csv is shown, with 3 rows")
    expect(answer(page)).to_contain_text("Mean amount by region")
    expect(page).to_have_url(re.compile(r"\?table=sales.csv$"))
    expect(page.locator(".tabulator-row").first).to_contain_text("1.5")
    page.get_by_label("Table", exact=True).select_option(label="New York flights 2013")
    expect(answer(page)).to_contain_text("336,776 flights")
    expect(page).to_have_url(re.compile(r"/explorer$"))


def test_a_bad_file_changes_nothing_but_the_notice(visit: Callable[..., Page], tmp_path: Path) -> None:
    """The present view and its address stay."""
    file = tmp_path / "photo.csv"
    file.write_bytes(bytes(range(256)) * 100)
    page = visit("?by=month")
    page.get_by_label(FILE).set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text("photo.csv is no text but binary data. Save it as CSV")
    expect(answer(page)).to_contain_text("by month")
    expect(page).to_have_url(re.compile(r"\?by=month$"))


def test_a_large_file_comes_in_pieces_and_whole(visit: Callable[..., Page], tmp_path: Path) -> None:
    """12 MB arrive as they were sent; what the page shows is what pandas finds."""
    numbers = pd.DataFrame({"kind": ["a", "b", "c"] * 200_000, "x": np.random.default_rng(5).normal(9, 1, 600_000)})
    file = tmp_path / "numbers.csv"
    numbers.to_csv(file, index=False)
    page = visit()
    page.get_by_label(FILE).set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text("with 600,000 rows", timeout=30_000)
    expect(page.get_by_role("main")).to_contain_text(f"{numbers['x'].mean():,.5g}")


def test_what_a_file_says_is_text_and_never_html(visit: Callable[..., Page], tmp_path: Path) -> None:
    """Titles, groups and the file's name are shown as they are."""
    evil = "<img src=x onerror=document.title='gone'>"
    file = tmp_path / f"{evil.replace('/', '')}.csv"
    file.write_text(f"{evil},amount {evil}\n{evil},1\nother,2\n")
    page = visit()
    page.get_by_label(FILE).set_input_files(file)
    expect(answer(page)).to_contain_text(f"by {evil}")
    page.locator("aside").get_by_placeholder("All").click()
    page.wait_for_timeout(500)
    assert page.title() == "Explorer"
    assert page.locator("img").count() == 0


def test_a_link_to_a_file_asks_for_it_and_shows_its_view(visit: Callable[..., Page], tmp_path: Path) -> None:
    """Whoever reloads a page with an upload gets the same view back with the same file."""
    file = tmp_path / "sales.csv"
    file.write_text("region,amount\nnorth,1\nsouth,5\n")
    page = visit("?table=sales.csv&stat=max")
    expect(page.get_by_role("alert")).to_contain_text("sales.csv, which is not here: upload it")
    page.get_by_label(FILE).set_input_files(file)
    expect(answer(page)).to_contain_text("Maximum amount by region")


def test_two_files_at_once_show_the_later_one(visit: Callable[..., Page], tmp_path: Path) -> None:
    """Who chooses another file before the first was read gets that one."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("kind,size\n" + "x,1\ny,2\n" * 200_000)
    second.write_text("kind,weight\nx,1\n")
    page = visit()
    page.get_by_label(FILE).set_input_files(first)
    expect(page.get_by_text("Reading first.csv")).to_be_visible()
    page.get_by_label(FILE).set_input_files(second)
    expect(page.get_by_role("alert")).to_contain_text("second.csv is shown")
    expect(answer(page)).to_contain_text("Mean weight by kind")


def test_an_empty_file_is_said_to_be_empty(visit: Callable[..., Page], tmp_path: Path) -> None:
    """Of nothing one piece is sent as well."""
    file = tmp_path / "empty.csv"
    file.touch()
    page = visit()
    page.get_by_label(FILE).set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text("empty.csv is empty")
