"""The waiting room: the order of arrival, and how one gets in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from websocket import WebSocket, WebSocketBadStatusException, WebSocketTimeoutException

from tests.lobby.conftest import KEYS, Browser, Launch, RunningLobby
from tests.lobby.supervisor import FakeSupervisor, free_port

Supervise = Callable[..., FakeSupervisor]


def news(socket: WebSocket, wanted: str, seconds: float = 5) -> Any:
    """Return the value of the next message that has ``wanted``."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        socket.settimeout(max(ends - time.monotonic(), 0.01))
        message = json.loads(socket.recv())
        if wanted in message:
            return message[wanted]
    raise AssertionError(f"no {wanted}")


def hears_nothing_of(socket: WebSocket, unwanted: str, seconds: float) -> bool:
    """Whether no message of this kind comes in time."""
    with suppress(WebSocketTimeoutException, AssertionError):
        news(socket, unwanted, seconds)
        return False
    return True


def test_a_full_house_shows_the_waiting_room_and_a_free_seat_calls_in(supervise: Supervise, launch: Launch) -> None:
    """The page tells the place; the freed seat is reserved, and the door gives the ticket for the same seat."""
    fake = supervise(seats=1)
    lobby = launch(fake)
    first, second = Browser(lobby), Browser(lobby)
    first.log_in()
    answer = second.log_in(target="/app?x=1#part")
    assert (answer.status, answer.location) == (303, "/berth/waiting?next=/app%3Fx%3D1%23part")
    page = second.page(answer.location)
    assert page.status == 200
    assert "All places are taken" in page.text
    socket = second.wait("/app?x=1#part")
    assert news(socket, "place") == 1
    del fake.taken[first.visitor]
    began = time.monotonic()
    assert news(socket, "go") == "/app?x=1#part"
    assert time.monotonic() - began < 0.6
    answer = second.page("/berth/seat?next=/app%3Fx%3D1%23part")
    assert (answer.status, answer.location) == (303, "/app?x=1#part")
    assert KEYS.read_ticket(second.cookies["berth"]).berth == fake.taken[second.visitor]
    assert KEYS.read_visitor(second.cookies["visitor"]).arrived == 0


def test_nobody_is_asked_while_nobody_waits(supervise: Supervise, launch: Launch) -> None:
    """An idle lobby is silent."""
    fake = supervise(seats=1)
    lobby = launch(fake)
    Browser(lobby).log_in()
    fake.calls.clear()
    time.sleep(0.8)
    assert fake.calls == []


def test_a_newcomer_does_not_overtake(supervise: Supervise, launch: Launch) -> None:
    """While somebody waits, a newcomer joins the end, also when a seat is free at that very moment."""
    fake = supervise(seats=1)
    lobby = launch(fake)
    guest, early = Browser(lobby), Browser(lobby)
    guest.log_in()
    early.log_in()
    early.page("/berth/waiting?next=/app")
    fake.taken.clear()
    late = Browser(lobby).become()
    assert late.page("/app").location == "/berth/waiting?next=/app"
    assert late.visitor not in fake.taken


def test_a_visitor_with_a_seat_passes_the_queue(supervise: Supervise, launch: Launch) -> None:
    """Whoever lost only the ticket does not wait again."""
    fake = supervise(seats=1)
    lobby = launch(fake)
    seated, waiting = Browser(lobby), Browser(lobby)
    seated.log_in()
    waiting.log_in()
    waiting.wait()
    del seated.cookies["berth"]
    assert seated.page("/app").location == "/app"


def test_seats_are_given_in_the_order_of_arrival(supervise: Supervise, launch: Launch) -> None:
    """Whoever came first is called first, whenever the page was opened."""
    fake = supervise(seats=0)
    lobby = launch(fake)
    browsers = [Browser(lobby).become() for _ in range(4)]
    for browser in browsers:
        browser.page("/berth/waiting?next=/app")
        time.sleep(0.02)
    sockets = {browser.visitor: browser.wait() for browser in reversed(browsers)}
    for place, browser in enumerate(browsers, 1):
        ends = time.monotonic() + 3
        while news(sockets[browser.visitor], "place") != place:
            assert time.monotonic() < ends
    for seats in range(1, 5):
        fake.seats = seats
        assert news(sockets[browsers[seats - 1].visitor], "go") == "/app"
    assert list(fake.taken) == [browser.visitor for browser in browsers]


def test_a_restarted_lobby_keeps_the_order(supervise: Supervise, launch: Launch) -> None:
    """Cookies hold the arrival; whoever comes back first is not first."""
    fake = supervise(seats=0)
    lobby = launch(fake)
    early, late = Browser(lobby).become(), Browser(lobby).become()
    early.page("/berth/waiting?next=/app")
    time.sleep(1.1)
    late.page("/berth/waiting?next=/app")
    lobby.stop()
    lobby.start()
    second = late.wait()
    fake.seats = 1
    time.sleep(1.0)
    first = early.wait()
    assert news(first, "go") == "/app"
    assert hears_nothing_of(second, "go", 0.6)
    assert list(fake.taken) == [early.visitor]


def test_an_arrival_of_yesterday_counts_for_nothing(supervise: Supervise, launch: Launch) -> None:
    """An old cookie does not overtake those who really wait, if the lobby has run for a while."""
    from berth.lobby.arrivals import FRESH, Arrivals
    from berth.tickets import Visitor

    arrivals, now = Arrivals(KEYS), time.time()
    arrivals._started -= FRESH + 1
    visitor = Visitor("v", "ada", now - 3600)
    assert arrivals.of(visitor) >= now
    assert arrivals.of(visitor, arrivals.stamp(visitor, visitor.arrived)) == visitor.arrived
    assert arrivals.of(visitor, arrivals.stamp(Visitor("w", "eve"), 1.0)) >= now
    assert arrivals.of(visitor, "nonsense") >= now


def test_thirty_at_once_for_four_seats(supervise: Supervise, launch: Launch) -> None:
    """Four are seated, the rest are in the waiting room at once, and nobody sees an error."""
    fake = supervise(seats=4)
    lobby = launch(fake)
    browsers = [Browser(lobby).become() for _ in range(30)]
    barrier = threading.Barrier(30)

    def come(browser: Browser) -> tuple[str, float]:
        barrier.wait()
        began = time.monotonic()
        answer = browser.page("/app")
        if answer.location == "/app":
            return "seated", 0.0
        page = browser.page(answer.location)
        assert page.status == 200, page.text
        return "waiting", time.monotonic() - began

    with ThreadPoolExecutor(30) as pool:
        results = list(pool.map(come, browsers))
    assert [result for result, _ in results].count("seated") == 4 == len(fake.taken)
    assert max(seconds for _, seconds in results) < 2, "30 clients of this very process included"
    waiting = [browser for browser in browsers if browser.visitor not in fake.taken]
    sockets = [browser.wait() for browser in waiting]
    fake.seats = 30
    assert [news(socket, "go") for socket in sockets] == ["/app"] * 26
    assert len(fake.taken) == 30


def test_a_reload_keeps_the_place_and_nobody_passes_meanwhile(supervise: Supervise, launch: Launch) -> None:
    """A seat that gets free during a reload is kept for the one who reloads, for five seconds."""
    fake = supervise(seats=0)
    lobby = launch(fake)
    first, second = Browser(lobby).become(), Browser(lobby).become()
    socket = first.wait()
    time.sleep(0.05)
    behind = second.wait()
    socket.close()
    time.sleep(0.2)
    fake.seats = 1
    assert hears_nothing_of(behind, "go", 1.5)
    assert news(first.wait(), "go") == "/app"
    assert list(fake.taken) == [first.visitor]


def test_who_goes_away_leaves_the_queue(supervise: Supervise, launch: Launch) -> None:
    """After the grace the next is called."""
    fake = supervise(seats=0)
    lobby = launch(fake)
    first, second = Browser(lobby).become(), Browser(lobby).become()
    first.wait().close()
    time.sleep(0.05)
    behind = second.wait()
    fake.seats = 1
    assert news(behind, "go", 8) == "/app"
    assert list(fake.taken) == [second.visitor]


def test_all_tabs_of_a_visitor_are_called(supervise: Supervise, launch: Launch) -> None:
    """Each to where it wanted to go, with one seat."""
    fake = supervise(seats=0)
    lobby = launch(fake)
    browser = Browser(lobby).become()
    one, two = browser.wait("/app"), browser.wait("/other")
    fake.seats = 2
    assert (news(one, "go"), news(two, "go")) == ("/app", "/other")
    assert len(fake.taken) == 1


def test_the_page_says_why_there_is_no_seat(supervise: Supervise, launch: Launch) -> None:
    """A dashboard that does not start is told in the supervisor's words, escaped."""
    fake = supervise(seats=0, problem="app.py, line 3: <oops>")
    lobby = launch(fake)
    browser = Browser(lobby).become()
    socket = browser.wait()
    assert news(socket, "reason") == "failing"
    assert "app.py, line 3: &lt;oops&gt;" in browser.page("/berth/waiting").text
    fake.problem = ""
    assert news(socket, "reason") == "full"


def test_berths_are_started_for_those_who_wait_without_giving_them_away(supervise: Supervise, launch: Launch) -> None:
    """The supervisor hears who waits for its free seats, in order; none is asked for before it is there."""
    fake = supervise(seats=2, starting=True)
    lobby = launch(fake)
    browsers = [Browser(lobby).become() for _ in range(3)]
    sockets = []
    for browser in browsers:
        sockets.append(browser.wait())
        time.sleep(0.05)
    assert news(sockets[0], "reason") == "starting"
    fake.calls.clear()
    began = time.monotonic()
    time.sleep(2.5)
    assert fake.called("/seats/reserve") == []
    wishes = fake.called("/seats/want")
    assert [wish["visitors"] for wish in wishes] == [[browser.visitor for browser in browsers[:2]]] * len(wishes)
    assert 1 <= len(wishes) <= time.monotonic() - began + 1
    fake.starting = False
    assert (news(sockets[0], "go"), news(sockets[1], "go")) == ("/app", "/app")
    assert len(fake.taken) == 2


def test_many_that_start_are_not_all_asked_for_a_seat_and_for_their_status_not_often(
    supervise: Supervise, launch: Launch
) -> None:
    """Their starts need the processor more than the lobby needs news."""
    fakes = [supervise(seats=1, starting=True) for _ in range(5)]
    lobby = launch(*fakes)
    browser = Browser(lobby).become()
    assert browser.page("/app").location == "/berth/waiting?next=/app"
    assert sum(len(fake.called("/seats/reserve")) for fake in fakes) == 1
    began = time.monotonic()
    socket = browser.wait()
    assert news(socket, "reason") == "starting"
    for fake in fakes:
        fake.calls.clear()
    time.sleep(2)
    asked = [len(fake.called("/status")) for fake in fakes]
    assert 0 < max(asked) <= (time.monotonic() - began) / 0.25 + 2
    fakes[3].starting = False
    assert news(socket, "go") == "/app"


def test_without_any_supervisor_visitors_wait(launch: Launch, supervise: Supervise) -> None:
    """They are let in once one is there."""
    port = free_port()
    lobby = launch(BERTH_REPLICAS=f"127.0.0.1:{port}")
    browser = Browser(lobby)
    assert browser.log_in().location == "/berth/waiting?next=/app"
    socket = browser.wait()
    assert news(socket, "reason") == "unreachable"
    supervise(port=port)
    assert news(socket, "go") == "/app"


def test_a_dead_supervisor_costs_the_others_visitors_nothing(supervise: Supervise, launch: Launch) -> None:
    """One that is gone and one that never answers in time delay nobody for long."""
    slow, gone = supervise(delay=30.0), free_port()
    good = supervise(seats=10)
    lobby = launch(BERTH_REPLICAS=f"127.0.0.1:{gone},127.0.0.1:{slow.port},127.0.0.1:{good.port}")
    for _ in range(5):
        browser = Browser(lobby).become()
        began = time.monotonic()
        assert browser.page("/app").location == "/app"
        assert time.monotonic() - began < 0.5
    assert len(good.taken) == 5


def test_of_several_supervisors_the_one_with_the_visitors_seat_is_asked(supervise: Supervise, launch: Launch) -> None:
    """A visitor never gets two seats."""
    fakes = [supervise(seats=3) for _ in range(3)]
    lobby = launch(*fakes)
    browsers = [Browser(lobby).become() for _ in range(9)]
    for browser in browsers:
        assert browser.page("/app").location == "/app"
    for browser in browsers:
        del browser.cookies["berth"]
        assert browser.page("/app").location == "/app"
    assert [len(fake.taken) for fake in fakes] == [3, 3, 3]


def test_two_requests_of_a_visitor_at_once_take_one_seat(supervise: Supervise, launch: Launch) -> None:
    """Tabs that are restored together share the seat, whatever the number of supervisors."""
    fakes = [supervise(seats=5, delay=0.05) for _ in range(2)]
    lobby = launch(*fakes)
    browser = Browser(lobby).become()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: Browser(lobby, dict(browser.cookies)).page("/app"), range(6)))
    assert {answer.location for answer in answers} == {"/app"}
    assert sum(len(fake.taken) for fake in fakes) == 1


def test_a_berth_that_does_not_answer_ends_in_the_waiting_room_and_not_in_a_loop(
    supervise: Supervise, launch: Launch
) -> None:
    """Sent back by the router with a good ticket, the browser gets a page that tries again."""
    lobby = launch(supervise())
    browser = Browser(lobby)
    browser.log_in()
    ticket = browser.cookies["berth"]
    for path in ("/app", "/berth/seat?next=/app"):
        browser.cookies["berth"] = ticket
        assert browser.page(path).location == "/berth/waiting?next=/app"
        page = browser.page("/berth/waiting?next=/app")
        assert (page.status, 'data-pause="1.5"' in page.text) == (200, True)
        assert news(browser.wait(), "go") == "/app"
        assert browser.page("/berth/seat?next=/app").location == "/app"


@pytest.mark.parametrize("origin", ["http://evil.org", "null", "http://127.0.0.1.evil.org"])
def test_a_foreign_page_cannot_wait(supervise: Supervise, launch: Launch, origin: str) -> None:
    """The WebSocket is for pages of this site only."""
    from websocket import create_connection

    lobby = launch(supervise())
    with pytest.raises(WebSocketBadStatusException, match="403"):
        create_connection(f"ws://127.0.0.1:{lobby.port}/berth/waiting/ws", origin=origin)


def test_without_a_login_the_socket_sends_to_the_login(supervise: Supervise, launch: Launch) -> None:
    """By its close code."""
    socket = Browser(launch(supervise())).wait()
    opcode, data = socket.recv_data()
    assert (opcode, int.from_bytes(data[:2], "big")) == (8, 4401)


def test_a_lobby_that_ends_tells_the_pages_to_come_back(supervise: Supervise, launch: Launch) -> None:
    """SIGTERM closes with 1012 and exit code 0."""
    lobby: RunningLobby = launch(supervise(seats=0))
    socket = Browser(lobby).become().wait()
    news(socket, "place")
    done = threading.Thread(target=lambda: codes.append(lobby.stop()))
    codes: list[int] = []
    done.start()
    while True:
        opcode, data = socket.recv_data()
        if opcode == 8:
            break
    assert int.from_bytes(data[:2], "big") == 1012
    done.join(10)
    assert codes == [0]


def test_messages_of_a_page_are_ignored_and_long_ones_end_it(supervise: Supervise, launch: Launch) -> None:
    """A waiting page has nothing to say."""
    socket = Browser(launch(supervise(seats=0))).become().wait()
    socket.send("hello")
    assert news(socket, "place") == 1
    socket.send("x" * 5000)
    codes = [socket.recv_data()[0] for _ in range(1)]
    assert 8 in codes
