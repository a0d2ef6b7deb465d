"""The dashboard that ships shows true figures of what a visitor chose, and each visitor their own."""

import multiprocessing
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from berth.dashboards.exploring import link, texts
from berth.dashboards.exploring.explorer import Explorer
from berth.dashboards.exploring.flights import FLIGHTS, folder
from berth.dashboards.exploring.source import STATISTICS
from berth.dashboards.exploring.summary import groups
from berth.dashboards.exploring.view import View


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """The same flights, read plainly and apart from the code under test."""
    flights = pd.read_csv(folder() / "flights.csv.zip")
    flights["weekday"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_week
    return flights


def look(**chosen: Any) -> View:
    """A view of the flights."""
    return View(FLIGHTS, chosen)


def cards(view: View) -> dict[str, str]:
    """What the cards above a view say."""
    return {card.title: card.value for card in view.source.cards(view.rows(), view["measure"])}


def test_all_flights_of_2013_are_there(raw: pd.DataFrame) -> None:
    """No row is lost on the way from the file to the table."""
    assert len(FLIGHTS.table) == len(raw) == 336_776


def test_the_key_figures_of_all_flights_are_the_known_ones() -> None:
    """The means skip flights without a value, as they are published: 12.64 and 6.90 minutes."""
    shown = cards(look())
    assert (shown["Flights"], shown["Departure delay"], shown["Arrival delay"]) == ("336,776", "12.64 min", "6.90 min")


def test_a_cancelled_flight_is_neither_on_time_nor_late(raw: pd.DataFrame) -> None:
    """The share on time is taken of the flights that arrived."""
    arrived = raw["arr_delay"].dropna()
    assert cards(look())["On time"] == f"{(arrived < 15).sum() / len(arrived):.1%}"


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("measure", FLIGHTS.measures)
@pytest.mark.parametrize("group", FLIGHTS.groupings)
def test_groups_agree_with_pandas_on_the_plain_file(
    raw: pd.DataFrame, group: str, measure: str, statistic: str
) -> None:
    """Every grouping, measure and statistic gives what the plain file gives."""
    view = look(by=group, measure=measure, stat=statistic)
    plain = raw.groupby(group)
    rows = groups(view.rows(), view)
    assert rows["value"].to_dict() == pytest.approx(plain[measure].agg(statistic).to_dict(), rel=1e-5, nan_ok=True)
    assert rows["rows"].to_dict() == plain.size().to_dict()
    assert rows["label"].to_dict() == {key: view.grouping.labels[key] for key in rows.index}


@pytest.mark.parametrize(
    ("choice", "query"),
    [
        ({"from": 3, "to": 5}, "3 <= month <= 5"),
        ({"airline": ["UA", "B6"]}, "carrier in ['UA', 'B6']"),
        ({"origin": ["JFK"]}, "origin == 'JFK'"),
        ({"dest": ["LAX", "SJU"]}, "dest in ['LAX', 'SJU']"),
        ({"miles": 1000}, "distance >= 1000"),
        ({"airline": ["DL"], "origin": ["LGA"], "to": 1}, "carrier == 'DL' and origin == 'LGA' and month == 1"),
    ],
)
def test_a_filter_keeps_exactly_the_flights_it_names(raw: pd.DataFrame, choice: dict[str, Any], query: str) -> None:
    """Filters, alone and together, choose the rows that a query on the plain file chooses."""
    assert list(look(**choice).rows().index) == list(raw.query(query).index)


def test_groups_with_an_order_keep_it_and_others_come_largest_first() -> None:
    """Months run from January, airlines from the one with the most flights."""
    by_month, by_airline = look(by="month"), look(by="carrier")
    assert groups(by_month.rows(), by_month)["label"].iloc[0] == "Jan"
    assert groups(by_airline.rows(), by_airline)["rows"].is_monotonic_decreasing


def test_filters_that_match_nothing_give_a_sentence_instead_of_results() -> None:
    """Hawaiian Airlines never left LaGuardia: the page says so, and draws nothing."""
    explorer = Explorer()
    explorer.look_at(look(airline=["HA"], origin=["LGA"]))
    assert "No flight matches these filters" in explorer.sentence.text
    assert "nan" not in explorer.cards.text
    shown = [explorer.chart.bars.visible, explorer.chart.line.visible, explorer.grid.table.visible]
    assert shown == [False, False, False]


def test_results_come_back_when_the_filters_are_cleared() -> None:
    """After an empty result the button shows all flights again, grouped as before."""
    explorer = Explorer()
    explorer.look_at(look(airline=["HA"], origin=["LGA"], by="month"))
    explorer.clear.clicks += 1
    assert "336,776" in explorer.cards.text
    assert explorer.chart.line.visible
    assert explorer.grid.table.visible


def test_a_widget_changes_the_view_and_a_view_the_widgets() -> None:
    """What a visitor uses, a link or the button changes the same view."""
    explorer = Explorer()
    explorer.controls.widgets["by"].value = "hour"
    assert explorer.view["by"] == "hour"
    explorer.look_at(look(by="origin", airline=["UA"]))
    assert [explorer.controls.widgets[key].value for key in ("by", "airline")] == ["origin", ["UA"]]


def test_the_chart_holds_the_busiest_groups_and_the_table_all() -> None:
    """105 destinations do not fit a chart: it says that it shows the 20 with the most flights."""
    explorer = Explorer()
    explorer.look_at(look(by="dest"))
    assert len(explorer.chart.bars.y_range.factors) == 20
    assert len(explorer.grid.table.value) == 105
    assert "20 of them in the chart" in explorer.sentence.text


def test_two_sessions_share_nothing_that_a_visitor_can_change() -> None:
    """What one visitor chooses leaves the other's view and results, and the table of flights, as they were."""
    one, other = Explorer(), Explorer()
    before = other.cards.text
    one.look_at(look(airline=["UA"], by="hour"))
    for widget in (one.controls.widgets["airline"], one.controls.widgets["dest"]):
        widget.value.append("LAX")
    assert (other.view["airline"], other.view["by"], other.cards.text) == ([], "carrier", before)
    assert View(FLIGHTS)["airline"] == View(FLIGHTS)["dest"] == []
    assert len(FLIGHTS.table) == 336_776


def test_a_forked_process_computes_on_the_table_of_its_parent() -> None:
    """A berth is forked from a process that has read, or even queried, the table: its queries must not hang."""
    expected = cards(look(airline=["UA"]))
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(cards(look(airline=["UA"]))))
    child.start()
    assert receiver.poll(30)
    assert receiver.recv() == expected
    child.join()


def test_a_link_written_from_a_view_reads_back_as_the_same() -> None:
    """Every choice survives the way through the address."""
    sent = look(airline=["UA", "9E"], origin=["JFK"], dest=["LAX"], miles=500, by="weekday", measure="air_time")
    received, refused = link.read(FLIGHTS, link.write(sent, FLIGHTS))
    assert (refused, received.key) == ([], sent.key)


def test_a_link_holds_only_what_was_chosen() -> None:
    """An untouched page keeps a plain address, and keys that are not Explorer's stay in it."""
    assert link.write(look(), FLIGHTS) == ""
    assert link.write(look(by="hour", airline=["UA", "B6"]), FLIGHTS, "?tab=2") == "?tab=2&airline=UA,B6&by=hour"


@pytest.mark.parametrize("search", ["?by=planet", "?airline=XX", "?from=13", "?from=first", "?miles=-1"])
def test_impossible_values_in_a_link_are_named_and_left_out(search: str) -> None:
    """A mistyped link never breaks the page: the rest of it counts, and the page says what did not."""
    view, refused = link.read(FLIGHTS, f"{search}&measure=distance")
    assert refused == [search[1:].split("=")[0]]
    assert view["measure"] == "distance"
    assert len(view.rows()) == 336_776


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
