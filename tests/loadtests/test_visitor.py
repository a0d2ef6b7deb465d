"""A visitor and their tabs, against a real `berth up` and a real `panel serve`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.bench.servers import APPS, STOCK, PanelServe
from loadtests.browser import Limits
from loadtests.steps import ConnectionLost, Step, StepFailed
from loadtests.visitor import Visitor
from tests.support.polling import until
from tests.support.system import PASSWORD, System

SCRIPTS = (APPS / "lock.py", APPS / "click.py")
EVERY_KIND = Path(__file__).parent / "scripts" / "every_kind.py"
LOGGED_IN = f"alice:{PASSWORD}"


class Recorded:
    """Keeps every step."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.places: list[int] = []

    def record(self, step: Step) -> None:
        """Keep it."""
        self.steps.append(step)

    def place(self, visitor: str, place: int) -> None:
        """Keep it."""
        self.places.append(place)

    def of(self, name: str) -> list[Step]:
        """All steps of this name."""
        return [step for step in self.steps if step.name == name]


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Berth with two berths of one seat."""
    with System(*SCRIPTS, LOCK_APP_SECONDS="0.1,1", BERTH_MAX_BERTHS=2, BERTH_SEAT_GRACE=0.2) as running:
        yield running


@pytest.fixture(scope="module")
def stock() -> Iterator[PanelServe]:
    """A plain `panel serve`."""
    with PanelServe(STOCK, *SCRIPTS, EVERY_KIND, LOCK_APP_SECONDS="0.1,1") as running:
        yield running


@pytest.fixture
def recorded() -> Recorded:
    """An empty record."""
    return Recorded()


@pytest.fixture
def alice(system: System, recorded: Recorded) -> Iterator[Visitor]:
    """A visitor of Berth."""
    visitor = Visitor(system.url, recorded, "alice", "quick", LOGGED_IN, Limits(step=20, waiting=20))
    yield visitor
    for tab in list(visitor.tabs):
        tab.leave()
    visitor.close()
    until(lambda: system.status()["taken"] == 0, 10)


def test_opening_a_dashboard_is_recorded_step_by_step(alice: Visitor, recorded: Recorded) -> None:
    alice.open("/lock")
    names = [step.name for step in recorded.steps if step.name != "waiting room"]
    assert names == ["page", "log in", "seat", "static files", "WebSocket", "document", "open"]
    assert all(step.error == "" and step.seconds > 0 for step in recorded.steps)
    assert recorded.of("open")[0].seconds > recorded.of("document")[0].seconds


def test_files_are_loaded_once(alice: Visitor, recorded: Recorded) -> None:
    alice.open("/lock")
    alice.open("/lock")
    first, second = recorded.of("static files")
    assert first.size > 500_000
    assert second.size == 0


def test_a_click_takes_until_its_text_is_there(alice: Visitor, recorded: Recorded) -> None:
    tab = alice.open("/lock")
    took = tab.click("Quick", until="quick task 1 done", work="quick")
    (step,) = recorded.of("click Quick")
    assert (step.seconds, step.work, step.error) == (took, "quick", "")
    assert took >= 0.1
    assert tab.find("quick task 1 done").type == "HTML"


def test_a_text_that_does_not_come_is_an_error_in_words(alice: Visitor, recorded: Recorded) -> None:
    tab = alice.open("/lock")
    with pytest.raises(StepFailed, match="'never' did not come in 1 s"):
        tab.click("Quick", until="never", timeout=1)
    assert recorded.of("click Quick")[0].error


def test_a_widget_that_is_not_there_is_an_error_that_lists_those_that_are(alice: Visitor, recorded: Recorded) -> None:
    tab = alice.open("/lock")
    with pytest.raises(StepFailed, match=r"label 'Slow'.*Button 'Heavy', Button 'Quick'"):
        tab.click("Slow")
    assert "Slow" in recorded.steps[-1].error


@pytest.mark.parametrize("library", ["Plain", "Material"])
@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("select", "Second", 2),
        ("choices", "Week", ["Week"]),
        ("check box", "on", True),
        ("switch", "on", True),
        ("toggle", "on", True),
        ("slider", 7, 7),
        ("throttled slider", 7, 7),
        ("text", "cat", "cat"),
    ],
)
def test_a_widget_of_any_kind_is_set_by_what_a_person_reads(
    stock: PanelServe, recorded: Recorded, library: str, kind: str, given: Any, value: Any
) -> None:
    visitor = Visitor(stock.visitor().url, recorded, "bob", limits=Limits(step=10))
    tab = visitor.open("/every_kind")
    tab.set(f"{library} {kind}", given, until=re.escape(f"{library} {kind} is {value!r}"))
    visitor.close()


@pytest.mark.parametrize("kind", ["radio buttons", "radio boxes", "check boxes"])
def test_a_group_is_set_by_its_label_or_by_its_options_where_it_shows_none(
    stock: PanelServe, recorded: Recorded, kind: str
) -> None:
    visitor = Visitor(stock.visitor().url, recorded, "bob", limits=Limits(step=10))
    tab = visitor.open("/every_kind")
    tab.set(f"Material {kind}", "Week", until=f"Material {kind} is .*Week")
    tab.click(f"plain {kind} b", until=f"Plain {kind} is .*Plain {kind} b")
    tab.set(f"Plain {kind} b", f"Plain {kind} a", until=f"Plain {kind} is .*Plain {kind} a")
    visitor.close()


@pytest.mark.parametrize("library", ["Plain", "Material"])
def test_a_button_of_any_library_is_pressed(stock: PanelServe, recorded: Recorded, library: str) -> None:
    visitor = Visitor(stock.visitor().url, recorded, "bob", limits=Limits(step=10))
    visitor.open("/every_kind").click(f"{library} button", until="button is 1")
    visitor.close()


def test_after_a_cut_the_same_session_goes_on(alice: Visitor, recorded: Recorded) -> None:
    tab = alice.open("/lock")
    tab.click("Quick", until="quick task 1 done")
    tab.cut()
    tab.reconnect()
    tab.click("Quick", until="quick task 2 done")
    assert recorded.of("reconnect")[0].error == ""
    tab.leave()
    alice.tabs.remove(tab)
    assert [step.error for step in recorded.of("session")] == [""]


def test_a_session_that_is_gone_is_counted_as_lost(system: System, alice: Visitor, recorded: Recorded) -> None:
    tab = alice.open("/lock")
    alice.tabs.remove(tab)
    tab.leave()
    until(lambda: system.status()["taken"] == 0, 10)
    again = alice.open("/lock")
    alice.tabs.remove(again)
    again.cut()
    again.page.token = tab.page.token
    with pytest.raises(ConnectionLost):
        again.reconnect(within=1)
    assert [bool(step.error) for step in recorded.of("session")] == [False, True]
    again.leave()


def test_a_wrong_password_is_said(system: System, recorded: Recorded) -> None:
    visitor = Visitor(system.url, recorded, credentials="bob:wrong")
    with pytest.raises(StepFailed, match="401"):
        visitor.open("/lock")
    assert recorded.of("log in")[0].error
    assert "wrong" not in "".join(step.error for step in recorded.steps)


def test_without_credentials_the_log_in_is_a_failure(system: System, recorded: Recorded) -> None:
    with pytest.raises(StepFailed, match="has no credentials"):
        Visitor(system.url, recorded).open("/lock")


def test_who_finds_no_seat_waits_for_one_and_hears_the_place(system: System, recorded: Recorded) -> None:
    first = [Visitor(system.url, recorded, name, credentials=f"{name}:{PASSWORD}") for name in ("bob", "carol")]
    tabs = [visitor.open("/lock") for visitor in first]
    late = Visitor(system.url, recorded, "dave", credentials=f"dave:{PASSWORD}", limits=Limits(waiting=1))
    with pytest.raises(StepFailed, match="no seat came in 1 s"):
        late.open("/lock")
    assert recorded.places[-1] == 1
    late.close()
    tabs[0].leave()
    next_one = Visitor(system.url, recorded, "erin", credentials=LOGGED_IN, limits=Limits(waiting=30))
    tab = next_one.open("/lock")
    assert recorded.of("waiting room")[-1].error == ""
    for open_tab in (tab, tabs[1]):
        open_tab.leave()


def test_a_plain_server_has_neither_log_in_nor_waiting_room(stock: PanelServe, recorded: Recorded) -> None:
    visitor = Visitor(stock.visitor().url, recorded)
    tab = visitor.open("/lock")
    tab.click("Quick", until="quick task 1 done")
    tab.leave()
    assert [step.name for step in recorded.steps] == [
        "page", "seat", "static files", "WebSocket", "document", "open", "click Quick", "leave", "session",
    ]  # fmt: skip


def test_an_address_where_nobody_listens_is_a_failure_in_words(recorded: Recorded) -> None:
    with pytest.raises(StepFailed, match="Connection refused"):
        Visitor("http://127.0.0.1:9", recorded).open("/")
    assert recorded.of("page")[0].error


def test_a_page_that_is_no_dashboard_is_said(stock: PanelServe, recorded: Recorded) -> None:
    with pytest.raises(StepFailed, match="status 404"):
        Visitor(stock.visitor().url, recorded).open("/nothing")
