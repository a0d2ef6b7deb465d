"""The dashboard that ships shows true figures of the flights that a visitor chose, and each visitor their own."""

import multiprocessing
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

import berth.dashboards
from berth.dashboards.flights import link, texts
from berth.dashboards.flights.explorer import Explorer
from berth.dashboards.flights.selection import GROUPINGS, MEASURES, STATISTICS, Selection
from berth.dashboards.flights.summary import groups, key_figures
from berth.dashboards.flights.table import FLIGHTS, folder
from tests.support.chromium import running

SCRIPT = Path(berth.dashboards.__file__).parent / "explorer.py"


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """The same flights, read plainly and apart from the code under test."""
    flights = pd.read_csv(folder() / "flights.csv.zip")
    flights["weekday"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_week
    return flights


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a real `panel serve` on a free port serves the script, as anybody would start it."""
    command = [sys.executable, "-m", "panel", "serve", str(SCRIPT), "--address", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if running := re.search(r"running at: (http://\S+)", line):
                yield running[1]
                break
        server.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium, without a window."""
    with running() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens Explorer as a visitor of their own; the test fails if a page loads from elsewhere or reports an error."""
    faults: list[str] = []
    contexts = []

    def open_page(search: str = "") -> Page:
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: None if is_local(request.url) else faults.append(request.url))
        page.goto(f"{address}{search}")
        page.get_by_role("status").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def is_local(url: str) -> bool:
    """Whether a request stays with the server that was asked, or within the page."""
    return url.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:"))


def test_all_flights_of_2013_are_there(raw: pd.DataFrame) -> None:
    """No row is lost on the way from the file to the table."""
    assert len(FLIGHTS) == len(raw) == 336_776


def test_the_key_figures_of_all_flights_are_the_known_ones() -> None:
    """The means skip flights without a value, as they are published: 12.64 and 6.90 minutes."""
    figures = key_figures(FLIGHTS)
    assert figures.flights == 336_776
    assert figures.departure_delay == pytest.approx(12.64, abs=0.005)
    assert figures.arrival_delay == pytest.approx(6.90, abs=0.005)


def test_a_cancelled_flight_is_neither_on_time_nor_late(raw: pd.DataFrame) -> None:
    """The share on time is taken of the flights that arrived."""
    arrived = raw["arr_delay"].dropna()
    assert key_figures(FLIGHTS).on_time == pytest.approx((arrived < 15).sum() / len(arrived))


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("group", GROUPINGS)
def test_groups_agree_with_pandas_on_the_plain_file(
    raw: pd.DataFrame, group: str, measure: str, statistic: str
) -> None:
    """Every grouping, measure and statistic gives what the plain file gives."""
    selection = Selection(group=group, measure=measure, statistic=statistic)
    labels = selection.grouping().labels
    plain = raw.groupby(group)
    expected = {labels[key]: value for key, value in plain[measure].agg(statistic).items()}
    sizes = {labels[key]: value for key, value in plain.size().items()}
    rows = groups(selection.flights(), selection).set_index("label")
    assert rows["value"].to_dict() == pytest.approx(expected, rel=1e-5, nan_ok=True)
    assert rows["flights"].to_dict() == sizes


@pytest.mark.parametrize(
    ("choice", "query"),
    [
        ({"first_month": 3, "last_month": 5}, "3 <= month <= 5"),
        ({"first_month": 5, "last_month": 3}, "3 <= month <= 5"),
        ({"carriers": ["UA", "B6"]}, "carrier in ['UA', 'B6']"),
        ({"origins": ["JFK"]}, "origin == 'JFK'"),
        ({"destinations": ["LAX", "SJU"]}, "dest in ['LAX', 'SJU']"),
        ({"min_distance": 1000}, "distance >= 1000"),
        (
            {"carriers": ["DL"], "origins": ["LGA"], "last_month": 1},
            "carrier == 'DL' and origin == 'LGA' and month == 1",
        ),
    ],
)
def test_a_filter_keeps_exactly_the_flights_it_names(raw: pd.DataFrame, choice: dict[str, Any], query: str) -> None:
    """Filters, alone and together, choose the rows that a query on the plain file chooses."""
    assert list(Selection(**choice).flights().index) == list(raw.query(query).index)


def test_groups_in_time_keep_their_order_and_others_come_largest_first() -> None:
    """Months run from January, airlines from the one with the most flights."""
    assert groups(FLIGHTS, Selection(group="month"))["label"].iloc[0] == "Jan"
    assert groups(FLIGHTS, Selection(group="carrier"))["flights"].is_monotonic_decreasing


def test_filters_that_match_nothing_give_a_sentence_instead_of_results() -> None:
    """Hawaiian Airlines never left LaGuardia: the page says so, and draws nothing."""
    explorer = Explorer()
    explorer.selection.param.update(carriers=["HA"], origins=["LGA"])
    assert "No flight matches these filters" in explorer.sentence.text
    assert "nan" not in explorer.figures.text
    shown = [explorer.chart.bars.visible, explorer.chart.line.visible, explorer.table.visible]
    assert shown == [False, False, False]


def test_results_come_back_when_the_filters_are_cleared() -> None:
    """After an empty result the button shows all flights again, grouped as before."""
    explorer = Explorer()
    explorer.selection.param.update(carriers=["HA"], origins=["LGA"], group="month")
    explorer.controls["clear"].clicks += 1
    assert "336,776" in explorer.figures.text
    assert explorer.chart.line.visible
    assert explorer.table.visible


def test_the_chart_holds_the_busiest_groups_and_the_table_all() -> None:
    """105 destinations do not fit a chart: it says that it shows the 20 with the most flights."""
    explorer = Explorer()
    explorer.selection.group = "dest"
    assert len(explorer.chart.bars.y_range.factors) == 20
    assert len(explorer.table.value) == 105
    assert "20 of them in the chart" in explorer.sentence.text


def test_two_sessions_share_nothing_that_a_visitor_can_change() -> None:
    """What one visitor selects leaves the other's selection, results and the table of flights as they were."""
    one, other = Explorer(), Explorer()
    before = other.figures.text
    one.selection.param.update(carriers=["UA"], group="hour")
    one.selection.carriers.append("B6")
    assert (other.selection.carriers, other.selection.group, other.figures.text) == ([], "carrier", before)
    assert Selection().carriers == []
    assert len(FLIGHTS) == 336_776


def test_a_forked_process_computes_on_the_table_of_its_parent() -> None:
    """A berth is forked from a process that has read, or even queried, the table: its queries must not hang."""
    expected = key_figures(Selection(carriers=["UA"]).flights())
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(key_figures(Selection(carriers=["UA"]).flights())))
    child.start()
    assert receiver.poll(30)
    assert receiver.recv() == expected
    child.join()


def test_a_link_written_from_a_selection_reads_back_as_the_same() -> None:
    """Every choice survives the way through the address."""
    sent = Selection(first_month=2, last_month=11, carriers=["UA", "9E"], origins=["JFK"], destinations=["LAX"])
    sent.param.update(min_distance=500, group="weekday", measure="air_time", statistic="max")
    received = Selection()
    assert link.read(received, link.write(sent)) == []
    assert {name: getattr(received, name) for name in link.KEYS} == {name: getattr(sent, name) for name in link.KEYS}


def test_a_link_holds_only_what_was_chosen() -> None:
    """An untouched page keeps a plain address, and keys that are not Explorer's stay in it."""
    assert link.write(Selection()) == ""
    assert link.write(Selection(group="hour", carriers=["UA", "B6"]), "?tab=2") == "?tab=2&airline=UA,B6&by=hour"


def test_a_link_without_a_key_takes_the_choice_back() -> None:
    """Going back in the browser to a plain address shows the plain view."""
    selection = Selection(group="hour", carriers=["UA"])
    link.read(selection, "")
    assert (selection.group, selection.carriers) == ("carrier", [])


@pytest.mark.parametrize("search", ["?by=planet", "?airline=XX", "?from=13", "?from=first", "?miles=-1", "?stat="])
def test_impossible_values_in_a_link_are_named_and_left_out(search: str) -> None:
    """A mistyped link never breaks the page: the rest of it counts, and the page says what did not."""
    selection = Selection()
    assert link.read(selection, f"{search}&measure=distance") == [search[1:].split("=")[0]] * (search != "?stat=")
    assert selection.measure == "distance"
    assert len(selection.flights()) == 336_776


def test_a_visitor_without_login_served_without_berth_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header names the berth when there is one, and `panel serve` when there is none."""
    monkeypatch.delenv("BERTH_NAME", raising=False)
    assert texts.visitor() == "guest"
    assert texts.served_by().startswith("panel serve · process ")
    monkeypatch.setenv("BERTH_NAME", "berth-3")
    assert texts.served_by().startswith("berth-3 · process ")


def test_a_link_opens_the_view_that_it_names(visit: Callable[..., Page]) -> None:
    """A browser that follows a link sees the figures of its selection, and its widgets set to it."""
    page = visit("?airline=UA&by=month")
    expect(page.get_by_role("status")).to_contain_text("Mean departure delay (min) by month")
    expect(page.get_by_role("status")).to_contain_text("58,665 flights")
    expect(page.get_by_label("Group by").locator("option:checked")).to_have_text("Month")


def test_a_choice_shows_in_the_address_of_that_visitor_alone(visit: Callable[..., Page]) -> None:
    """What one visitor chooses changes their results and address, and nothing of the other's."""
    one, other = visit(), visit()
    one.get_by_label("Group by").select_option(label="Hour")
    expect(one.get_by_role("status")).to_contain_text("by hour")
    expect(one).to_have_url(re.compile(r"/explorer\?by=hour$"))
    expect(other).to_have_url(re.compile(r"/explorer$"))
    expect(other.get_by_role("status")).to_contain_text("by airline")


def test_clearing_the_filters_brings_all_flights_and_the_plain_address_back(visit: Callable[..., Page]) -> None:
    """An empty result is left with one click."""
    page = visit("?airline=HA&origin=LGA")
    expect(page.get_by_role("status")).to_contain_text("No flight matches these filters")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("status")).to_contain_text("336,776 flights in 16 groups")
    expect(page).to_have_url(re.compile(r"/explorer$"))


def test_the_table_is_sorted_from_the_keyboard(visit: Callable[..., Page]) -> None:
    """Each head of the table has a button that sorts."""
    page = visit()
    page.get_by_role("columnheader", name="Group").get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tabulator-row").first).to_contain_text("AirTran Airways")


def test_the_page_fits_a_phone(visit: Callable[..., Page]) -> None:
    """At 390 pixels nothing makes the page wider than the screen."""
    page = visit("?by=dest")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_header_names_visitor_and_process(visit: Callable[..., Page]) -> None:
    """Who looks, and what serves them, stands at the top of every page."""
    header = visit().get_by_role("banner")
    expect(header).to_contain_text("guest")
    expect(header).to_contain_text(re.compile(r"panel serve · process \d+"))
