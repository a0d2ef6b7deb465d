"""In the browser: intervals are computed while the page stays usable, and results can be downloaded."""

import re
from collections.abc import Callable

import pandas as pd
from playwright.sync_api import Page, expect

from tests.dashboards.conftest import answer


def test_intervals_are_computed_shown_and_downloaded(visit: Callable[..., Page]) -> None:
    """They stand in the table, belong to their view alone, and come with the download."""
    page = visit("?by=origin&from=6&to=6")
    page.get_by_label("Resamples").select_option("1,000")
    page.get_by_role("button", name="Compute intervals").click()
    expect(page.get_by_role("note")).to_contain_text("from 1,000 resamples")
    expect(page.get_by_role("columnheader", name="From")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_text("Download as CSV").click()
    rows = pd.read_csv(download.value.path()).set_index("Group")
    assert download.value.suggested_filename == "mean by origin.csv"
    assert list(rows.index) == ["EWR", "JFK", "LGA"]
    middle = rows["Mean departure delay (min)"]
    assert ((rows["From"] < middle) & (middle < rows["To"])).all()
    page.get_by_label("Group by").select_option(label="Month")
    expect(page.get_by_role("note")).to_have_count(0)
    page.get_by_label("Group by").select_option(label="Origin")
    expect(page.get_by_role("note")).to_contain_text("from 1,000 resamples")


def test_the_page_answers_while_a_job_runs_and_the_job_can_be_cancelled(visit: Callable[..., Page]) -> None:
    """A long computation shows its progress, hinders nothing and ends at once."""
    page = visit("?by=dest")
    page.get_by_role("button", name="Compute intervals").click()
    expect(page.get_by_text(re.compile(r"of 10,000 resamples"))).to_be_visible()
    page.get_by_label("Group by").select_option(label="Hour")
    expect(answer(page)).to_contain_text("by hour")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled after")).to_be_visible()
    expect(page.get_by_role("button", name="Compute intervals")).to_be_enabled()


def test_a_maximum_has_no_interval(visit: Callable[..., Page]) -> None:
    """The button is off, and the page says what to choose."""
    page = visit("?stat=max")
    expect(page.get_by_role("button", name="Compute intervals")).to_be_disabled()
    expect(page.get_by_text("choose one as statistic")).to_be_visible()
