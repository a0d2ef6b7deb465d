"""Several lobbies, and the controller that tells them which replicas there are and who waits elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from berth.lobbies import News, Replica, Waiting, read_waiting
from berth.tickets import Keys
from tests.lobby.conftest import KEYS, Browser, RunningLobby, launched
from tests.lobby.supervisor import FakeSupervisor, free_port
from tests.lobby.test_waiting import hears_nothing_of, news
from tests.support.polling import until

Supervise = Callable[..., FakeSupervisor]
Pair = tuple[RunningLobby, RunningLobby]


def operations(lobby: RunningLobby, path: str) -> str:
    """Return an address on the lobby's operations port."""
    return f"http://127.0.0.1:{lobby.environment['BERTH_LOBBY_OPERATIONS_PORT']}{path}"


def tell(lobby: RunningLobby, *fakes: FakeSupervisor, keys: Keys = KEYS, **values: object) -> requests.Response:
    """Say what the controller says."""
    replicas = tuple(Replica("127.0.0.1", fake.port) for fake in fakes)
    message = News(**{"replicas": replicas, "waiting": (), "coming": 0, "problem": "", **values})  # type: ignore[arg-type]
    body = json.dumps(message.as_json()).encode()
    headers = {"Authorization": f"Bearer {keys.sign_call('/fleet', body)}"}
    return requests.post(operations(lobby, "/fleet"), body, headers=headers, timeout=5)


def waiting(lobby: RunningLobby) -> tuple[Waiting, ...]:
    """Return who waits there."""
    return read_waiting(requests.get(operations(lobby, "/status"), timeout=5).json()["waiting"])


@contextmanager
def controller(lobbies: Pair, *fakes: FakeSupervisor) -> Iterator[None]:
    """Tell both lobbies of the supervisors and of each other's queue, five times a second."""
    stop = threading.Event()

    def go_round() -> None:
        while not stop.wait(0.2):
            union = tuple(sorted({one for lobby in lobbies for one in waiting(lobby)}))
            for lobby in lobbies:
                tell(lobby, *fakes, waiting=union)

    thread = threading.Thread(target=go_round, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two lobbies that know no replica yet; they share all keys."""
    with ExitStack() as stack:

        def start(name: str) -> RunningLobby:
            folder = tmp_path / name
            folder.mkdir()
            port = str(free_port())
            return stack.enter_context(launched(folder, BERTH_LOBBY_OPERATIONS_PORT=port))

        yield start("a"), start("b")


def alternating(one: Browser, lobby: RunningLobby) -> Browser:
    """Return the same browser as another lobby sees it."""
    return Browser(lobby, one.cookies)


def test_the_operations_port_answers_probes_and_metrics(pair: Pair) -> None:
    """Probes say ok before any replica is known, and the metrics hold the queue's length."""
    for path in ("/livez", "/readyz"):
        assert requests.get(operations(pair[0], path), timeout=5).text == "ok\n"
    assert "berth_lobby_waiting 0.0" in requests.get(operations(pair[0], "/metrics"), timeout=5).text


def test_replicas_that_the_controller_names_are_filled(pair: Pair, supervise: Supervise) -> None:
    """A lobby that knew no replica gives a seat as soon as it has been told of one."""
    lobby, _ = pair
    assert Browser(lobby).log_in("ada").location.startswith("/berth/waiting")
    fake = supervise(seats=2)
    assert tell(lobby, fake).status_code == 200
    assert Browser(lobby).log_in("bob", "pass:word").location == "/app"


def test_news_without_the_right_signature_is_refused(pair: Pair, supervise: Supervise) -> None:
    """Who does not hold the secret cannot name replicas."""
    fake = supervise()
    assert tell(pair[0], fake, keys=Keys("x" * 40)).status_code == 401
    assert Browser(pair[0]).log_in().location.startswith("/berth/waiting")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"replicas": [{"port": 1}]}', b"\xff"])
def test_news_that_is_none_is_refused(pair: Pair, body: bytes) -> None:
    """A signed call with a wrong body is answered 400, and the lobby goes on."""
    headers = {"Authorization": f"Bearer {KEYS.sign_call('/fleet', body)}"}
    assert requests.post(operations(pair[0], "/fleet"), body, headers=headers, timeout=5).status_code == 400
    assert tell(pair[0]).status_code == 200


def test_the_same_visitor_has_the_same_seat_at_every_lobby(pair: Pair, supervise: Supervise) -> None:
    """Requests that alternate between two lobbies lead to one seat, also when both are asked at the same moment."""
    fakes = [supervise(seats=1) for _ in range(6)]
    for lobby in pair:
        tell(lobby, *fakes)
    for number in range(3):
        browser = Browser(pair[0]).become("ada")
        browsers = [alternating(browser, pair[0]), Browser(pair[1], dict(browser.cookies))]
        both = [threading.Thread(target=one.page, args=("/app",)) for one in browsers]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert sum(browser.visitor in fake.taken for fake in fakes) == 1, f"try {number}"
        ticket = KEYS.read_ticket(browsers[0].cookies["berth"])
        assert ticket == KEYS.read_ticket(browsers[1].cookies["berth"])


def test_the_order_of_arrival_holds_across_lobbies(pair: Pair, supervise: Supervise) -> None:
    """Seats that become free go to those who came first, whichever lobby they wait at."""
    fake = supervise(seats=1)
    with controller(pair, fake):
        time.sleep(0.5)
        assert Browser(pair[0]).log_in().location == "/app"
        guests = [Browser(pair[number % 2]).become(user) for number, user in enumerate(["ada", "bob"] * 3)]
        sockets = []
        for guest in guests:
            guest.page("/berth/waiting?next=/app")
            sockets.append(guest.wait())
            time.sleep(0.3)
        time.sleep(1)
        for socket, guest in zip(sockets, guests, strict=True):
            fake.taken.clear()
            assert news(socket, "go", 5) == "/app"
            assert list(fake.taken) == [guest.visitor]


def test_the_place_counts_those_who_wait_elsewhere(pair: Pair, supervise: Supervise) -> None:
    """The waiting page shows the place in all queues together."""
    fake = supervise(seats=0)
    with controller(pair, fake):
        first, second = Browser(pair[0]).become("ada"), Browser(pair[1]).become("bob")
        first.page("/berth/waiting?next=/app")
        keeps = first.wait()
        time.sleep(0.6)
        second.page("/berth/waiting?next=/app")
        socket = second.wait()
        deadline = time.monotonic() + 5
        while (place := news(socket, "place")) != 2:
            assert time.monotonic() < deadline, place
        keeps.close()


def test_a_newcomer_does_not_overtake_those_who_wait_elsewhere(pair: Pair, supervise: Supervise) -> None:
    """A free seat is not given at one lobby while somebody waits for it at the other."""
    fake = supervise(seats=1)
    earlier = Waiting(time.time() - 5, "somebody")
    tell(pair[0], fake, waiting=(earlier,))
    newcomer = Browser(pair[0])
    assert newcomer.log_in().location.startswith("/berth/waiting")
    socket = newcomer.wait()
    assert hears_nothing_of(socket, "go", 1.0)
    tell(pair[0], fake)
    assert news(socket, "go") == "/app"


def test_a_controller_that_is_gone_holds_nobody_up(pair: Pair, supervise: Supervise) -> None:
    """Without news for some seconds those who waited elsewhere are forgotten, and the replicas are not."""
    fake = supervise(seats=1)
    tell(pair[0], fake, waiting=(Waiting(time.time() - 5, "somebody"),))
    newcomer = Browser(pair[0])
    newcomer.log_in()
    assert news(newcomer.wait(), "go", 9) == "/app"


def test_the_waiting_room_says_why_there_are_no_more_places(pair: Pair, supervise: Supervise) -> None:
    """A shortage is told in the controller's words; seats that are coming are told as such."""
    fake = supervise(seats=0)
    tell(pair[0], fake, problem="No more places can be opened just now.")
    guest = Browser(pair[0]).become()
    room = "/berth/waiting?next=/app"
    page = until(lambda: (found := guest.page(room).text) and 'data-reason="full"' in found and found)
    assert "No more places can be opened just now." in page
    tell(pair[0], fake, coming=1)
    assert 'data-reason="starting"' in guest.page(room).text


def test_a_name_stands_for_all_its_addresses(tmp_path: Path, supervise: Supervise) -> None:
    """Before a controller has spoken, the lobby asks whatever the names in its settings resolve to."""
    fake = supervise(seats=1)
    with launched(tmp_path, BERTH_REPLICAS=f"nobody.invalid:1,LOCALHOST:{fake.port}") as lobby:
        assert Browser(lobby).log_in().location == "/app"
