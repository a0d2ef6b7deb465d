"""What is too big, too slow or silent; and what has no limit."""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.router.conftest import PAGE, Make, Router, finish, free_port, start, ticket_to


def test_an_upload_over_the_limit_is_refused_with_the_limit(make: Make) -> None:
    router = make(BERTH_UPLOAD_LIMIT="1")
    answer = router.get("/upload", router.ticket, method="POST", body=b"x" * (2**20 + 1))
    assert answer.status == 413
    assert "larger than 1 MiB" in answer.text


def test_an_upload_at_the_limit_passes(make: Make) -> None:
    router = make(BERTH_UPLOAD_LIMIT="1")
    assert router.get("/upload", router.ticket, method="POST", body=b"x" * 2**20).status == 200
    assert len(router.berth.last.body) == 2**20


@pytest.mark.parametrize("length", ["104857601", "4294967297", "18446744073709551"])
def test_no_number_is_too_big_to_be_too_big(router: Router, length: str) -> None:
    assert router.get("/upload", router.ticket, method="POST", Content_Length=length).status == 413


def test_an_upload_of_unknown_size_is_refused(router: Router) -> None:
    answer = router.get("/upload", router.ticket, method="POST", Transfer_Encoding="chunked")
    assert answer.status == 411
    assert "Content-Length" in answer.text


def test_without_a_ticket_a_body_is_no_longer_than_a_form(router: Router) -> None:
    answer = router.get("/login", method="POST", body=b"user=" + b"x" * 10 * 2**20)
    assert (answer.status, answer.text) == (413, "This is longer than any form here.\n")


def test_headers_over_16_kb_are_refused(router: Router) -> None:
    assert router.get("/explorer", router.ticket, X_Long="x" * 17000).status in (400, 431)


def handshake(ticket: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /explorer/ws HTTP/1.1\r\nHost: x\r\nCookie: berth={ticket}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


SILENCES = {
    "nothing": b"",
    "a line": b"GET / HTTP/1.1\r\n",
    "headers": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "a form": b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nuser=",
}
"""What clients have sent when they fall silent."""


@dataclass
class Silence:
    """What a silent client heard, after how long it was answered or cut (s), and whether it was cut."""

    heard: bytes = b""
    ended: float = 0.0
    cut: bool = False


def listen(port: int, sent: bytes) -> Silence:
    """Send and then wait for 13 s."""
    silence = Silence()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(0.5)
        connection.sendall(sent)
        started = time.monotonic()
        while time.monotonic() - started < 13 and not silence.cut:
            with contextlib.suppress(TimeoutError):
                data = connection.recv(1000)
                silence.heard += data
                silence.cut = not data
                silence.ended = silence.ended or time.monotonic() - started
    return silence


@pytest.fixture(scope="module")
def silences(router: Router) -> dict[str, Silence]:
    """All silent clients at the same time, so that the tests wait once; one of them has a WebSocket."""
    sent = SILENCES | {"a websocket": handshake(router.ticket)}
    with ThreadPoolExecutor() as pool:
        return dict(zip(sent, pool.map(lambda data: listen(router.port, data), sent.values()), strict=True))


@pytest.mark.parametrize("name", SILENCES)
def test_who_does_not_finish_a_request_is_cut_after_ten_seconds(silences: dict[str, Silence], name: str) -> None:
    assert 9.5 < silences[name].ended < 12


@pytest.mark.parametrize("name", ["a line", "headers", "a form"])
def test_who_began_a_request_is_told_why(silences: dict[str, Silence], name: str) -> None:
    assert silences[name].heard.startswith(b"HTTP/1.1 408")


def test_a_browsers_unused_connection_is_told_nothing(silences: dict[str, Silence]) -> None:
    assert silences["nothing"].heard == b""


def test_a_websocket_reaches_the_berth_and_outlives_the_timeouts_of_requests(silences: dict[str, Silence]) -> None:
    assert silences["a websocket"].heard.startswith(b"HTTP/1.1 101")
    assert silences["a websocket"].heard.endswith(b"\x81\x05berth")
    assert not silences["a websocket"].cut


def test_500_silent_connections_disturb_nobody(router: Router) -> None:
    with contextlib.ExitStack() as silent:
        for _ in range(500):
            silent.enter_context(socket.create_connection(("127.0.0.1", router.port)))
        times = [router.get("/explorer", router.ticket).seconds for _ in range(20)]
    assert sorted(times)[10] < 0.05


def test_an_answer_may_come_late(router: Router) -> None:
    assert router.get("/slow", router.ticket).status == 200


def test_the_timeouts_of_a_websocket_and_of_a_page_are_days_and_an_hour(router: Router) -> None:
    """Read from the file, because no test waits so long."""
    command = Path(f"/proc/{router.process.pid}/cmdline").read_text().split("\0")
    path = command[command.index("-f") + 1]
    assert "router" in path
    text = Path(path).read_text()
    assert "timeout tunnel 20d" in text
    assert "timeout server 1h" in text


def test_what_went_well_is_not_logged(haproxy: str, router: Router) -> None:
    port = free_port()
    process = start(haproxy, port, router.lobby.port)
    second = Router(port, process, router.lobby, router.berth)
    assert second.get("/explorer", router.ticket).status == 200
    assert second.get("/login").status == 200
    assert finish(process) == []


def test_sigterm_ends_it_at_once_and_sigusr1_when_its_requests_are_done(haproxy: str, router: Router) -> None:
    port = free_port()
    for end, outlives in ((signal.SIGUSR1, True), (signal.SIGTERM, False)):
        process = start(haproxy, port, router.lobby.port)
        asked = Router(port, process, router.lobby, router.berth)
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(asked.get, "/slow", router.ticket)
            time.sleep(0.5)
            process.send_signal(end)
            assert (answer.exception() is None) is outlives
        assert process.wait(5) in (0, 143, -signal.SIGTERM)


def test_what_went_wrong_is_one_line_without_query_and_cookies(haproxy: str, router: Router) -> None:
    port = free_port()
    process = start(haproxy, port, router.lobby.port)
    dead = ticket_to(free_port())
    Router(port, process, router.lobby, router.berth).get("/explorer?token=hidden", dead, **PAGE)
    (line,) = finish(process)
    assert " WARNING berth.router 127.0.0.1 GET /explorer: answer 303, berth 127.0.0.1:" in line
    assert "hidden" not in line
    assert dead not in line


def test_a_dashboards_own_error_is_one_line_too(haproxy: str, router: Router) -> None:
    port = free_port()
    process = start(haproxy, port, router.lobby.port)
    Router(port, process, router.lobby, router.berth).get("/own503", router.ticket)
    assert len(finish(process)) == 1
