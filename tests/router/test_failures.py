"""A berth that is not there, dies or does not answer."""

from __future__ import annotations

import http.client
import socket

import pytest

from tests.router.conftest import PAGE, Make, Router, free_port, ticket_to

OTHERS = [
    {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "cors"},
    {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "no-cors"},
    {"Accept": "*/*"},
    {},
]
"""Headers of requests that open no page."""


def test_a_page_of_a_dead_berth_becomes_a_new_seat_at_once(router: Router) -> None:
    answer = router.get("/explorer?x=1&y=a%20b", ticket_to(free_port()), **PAGE)
    assert answer.status == 303
    assert answer.headers["Location"] == "/berth/seat?next=%2Fexplorer%3Fx%3D1%26y%3Da%2520b"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.seconds < 0.1


def test_a_browser_on_plain_http_is_known_by_what_it_accepts(router: Router) -> None:
    assert router.get("/explorer", ticket_to(free_port()), Accept="text/html,*/*;q=0.8").status == 303


@pytest.mark.parametrize("headers", OTHERS)
def test_what_is_no_page_gets_a_plain_503(router: Router, headers: dict[str, str]) -> None:
    answer = router.get("/explorer", ticket_to(free_port()), **headers)
    assert (answer.status, answer.headers["Location"]) == (503, None)


def test_a_websocket_to_a_dead_berth_gets_a_plain_503(router: Router) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw=="}
    answer = router.get("/ws", ticket_to(free_port()), Accept="text/html", **upgrade)
    assert (answer.status, answer.headers["Location"]) == (503, None)


def test_a_black_hole_is_given_up_within_two_seconds(router: Router) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
        answer = router.get("/explorer", ticket_to(port), **PAGE)
        assert answer.headers["Location"] == "/berth/seat?next=%2Fexplorer"
        assert answer.seconds < 2.1
        for connection in waiting:
            connection.close()


@pytest.mark.parametrize("path", ["die", "reset"])
def test_a_page_that_kills_its_berth_is_told_so(router: Router, path: str) -> None:
    answer = router.get(f"/{path}?x=1", router.ticket, **PAGE)
    assert answer.status == 303
    assert answer.headers["Location"] == f"/berth/ended?why=crashed&next=%2F{path}%3Fx%3D1"


@pytest.mark.parametrize("path", ["die", "reset"])
def test_it_is_told_so_on_a_connection_that_was_used_before(router: Router, path: str) -> None:
    connection = router.connect()
    assert router.get("/explorer", router.ticket, connection).status == 200
    count = len(router.berth.asked)
    assert router.get(f"/{path}", router.ticket, connection, **PAGE).headers["Location"].startswith("/berth/ended")
    assert len(router.berth.asked) == count + 1


@pytest.mark.parametrize("headers", OTHERS)
def test_what_is_no_page_gets_a_plain_502_from_a_berth_that_dies(router: Router, headers: dict[str, str]) -> None:
    answer = router.get("/die", router.ticket, **headers)
    assert (answer.status, answer.headers["Location"]) == (502, None)


def test_an_answer_that_breaks_off_is_seen_to_break_off(router: Router) -> None:
    with pytest.raises(http.client.IncompleteRead):
        router.get("/half", router.ticket, **PAGE)


@pytest.mark.parametrize("status", [502, 503])
def test_a_dashboards_own_error_passes_unchanged(router: Router, status: int) -> None:
    answer = router.get(f"/own{status}", router.ticket, **PAGE)
    assert (answer.status, answer.headers["Location"], answer.text) == (status, None, "the dashboard's own")


def test_the_prefix_is_kept(make: Make) -> None:
    router = make(APP_URL="http://example.org/dash")
    answer = router.get("/dash/explorer", ticket_to(free_port()), **PAGE)
    assert answer.headers["Location"] == "/dash/berth/seat?next=%2Fdash%2Fexplorer"


@pytest.mark.parametrize("target", ["/a?b=%0d%0aSet-Cookie:x=1", "/a%0aLocation:x", "/a?%", '/a?"<>\\{}'])
def test_nothing_in_the_path_gets_into_the_headers(router: Router, target: str) -> None:
    answer = router.get(target, ticket_to(free_port()), **PAGE)
    location = answer.headers["Location"]
    assert location.startswith("/berth/seat?next=%2Fa")
    assert not set(location) & set('\r\n"<>\\{}')
    assert answer.headers["Set-Cookie"] is None


def test_a_lobby_that_is_gone_is_waited_for_and_then_said_so(make: Make) -> None:
    router = make(BERTH_LOBBY_PORT=str(free_port()))
    answer = router.get("/login", **PAGE)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert "This page reloads by itself" in answer.text
    assert answer.seconds < 5
