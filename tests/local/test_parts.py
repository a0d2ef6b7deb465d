"""The pieces of `berth up` that can be seen alone."""

from __future__ import annotations

import asyncio
import io
import os
import re
import socket
import subprocess
import sys

import pytest

from berth.errors import ConfigurationError
from berth.local import demo, ports, sessions
from berth.local.banner import banner, duration, visitors
from berth.local.child import Child
from berth.local.demo import Login
from berth.local.journal import Journal, Lines
from berth.settings import Settings
from berth.status import App, Status
from tests.router.conftest import free_port

STATUS = Status(16, 0, 1, False, False, "", (App("/hello", "Hello"),), ())


def free_ports() -> Settings:
    return Settings(
        port=free_port(), lobby_port=free_port(), operations_port=free_port(), berth_port=free_port(), max_berths=1
    )


def test_free_ports_are_no_problem() -> None:
    ports.check(free_ports())


def test_a_taken_port_is_named_with_its_process_and_another_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            ports.check(Settings(port=port, lobby_port=port + 1, operations_port=port + 2, berth_port=port + 3))
    said = rf"Port {port} is taken by .+ \(process {os.getpid()}\): stop it, or choose another with --port or PORT; \d"
    assert re.search(said, str(refused.value))


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("lobby_port", "BERTH_LOBBY_PORT"),
        ("operations_port", "BERTH_OPERATIONS_PORT"),
        ("berth_port", "BERTH_BERTH_PORT"),
    ],
)
def test_every_port_of_the_run_is_looked_at(field: str, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        chosen = {**vars(free_ports()), field: server.getsockname()[1]}
        with pytest.raises(ConfigurationError, match=f"is taken by .* another with {name}"):
            ports.check(Settings(**chosen))


def test_a_port_that_listens_for_everybody_is_taken_for_us_too() -> None:
    with socket.create_server(("", 0)) as server, pytest.raises(ConfigurationError, match="is taken by"):
        ports.check(Settings(**{**vars(free_ports()), "port": server.getsockname()[1]}))


def test_one_port_for_two_roles_is_refused() -> None:
    settings = free_ports()
    with pytest.raises(ConfigurationError, match="is wanted twice, by --port or PORT and BERTH_LOBBY_PORT"):
        ports.check(Settings(**{**vars(settings), "lobby_port": settings.port}))


def test_an_address_that_is_not_of_this_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be opened on 192\.0\.2\.1"):
        ports.check(Settings(**{**vars(free_ports()), "host": "192.0.2.1"}))


@pytest.mark.parametrize(
    "settings",
    [Settings(login="none"), Settings(credentials="ann:secretword"), Settings(credentials_file="/users")],
    ids=["none", "credentials", "file"],
)
def test_no_login_is_made_up_where_one_is_configured_or_none_needed(settings: Settings) -> None:
    assert Login.for_run(settings) is None


def test_the_demo_password_is_readable_and_never_the_same() -> None:
    passwords = {demo.readable_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(re.fullmatch(r"[a-z]{4}-[a-z]{4}-[a-z]{4}-\d\d", password) for password in passwords)


def test_the_roles_get_the_options_a_secret_and_a_hash() -> None:
    environment = demo.complete({"PORT": "1", "A": "b"}, Settings(), {"port": "2"}, Login("demo", "open"))
    assert (environment["PORT"], environment["A"]) == ("2", "b")
    assert len(environment["COOKIE_SECRET"]) == 64
    assert environment["CREDENTIALS"].startswith("demo:$argon2id$")
    assert "open" not in "".join(environment.values())


def test_the_banner_says_where_how_and_how_many() -> None:
    text = banner(Settings(port=8081), Login("demo", "dova-mitu"), STATUS, str)
    said = re.sub(" +", " ", text)
    for line in (
        "Open http://localhost:8081",
        "Log in demo dova-mitu",
        "Seats 1 ready now, 16 at most",
        "Serves Hello at http://localhost:8081/hello",
    ):
        assert f" {line}\n" in said + "\n"


def test_the_banner_shows_no_secret_that_was_configured() -> None:
    text = banner(Settings(credentials="ann:secretword"), None, STATUS, str)
    assert "as a user in CREDENTIALS" in text
    assert "secretword" not in text


def test_an_open_system_says_that_it_is_open() -> None:
    assert "BERTH_LOGIN=none lets anybody in" in banner(Settings(login="none"), None, STATUS, str)


def test_numbers_are_words() -> None:
    assert (visitors(1), visitors(2), duration(20), duration(3600)) == ("1 visitor", "2 visitors", "20 s", "60 min")


def test_each_line_carries_its_role_and_is_written_once_it_is_whole() -> None:
    stream = io.StringIO()
    lines = Lines(Journal(stream, colours=False), "lobby")
    lines.data_received(b"one\ntw")
    assert stream.getvalue() == "lobby   one\n"
    lines.data_received(b"o\n")
    assert stream.getvalue() == "lobby   one\nlobby   two\n"


def test_a_line_without_an_end_takes_no_memory_and_bytes_that_are_no_text_do_no_harm() -> None:
    stream = io.StringIO()
    lines = Lines(Journal(stream, colours=False), "lobby")
    lines.data_received(b"\xff" * 2**17)
    assert len(stream.getvalue()) > 2**17
    lines.data_received(b"next\n")
    assert stream.getvalue().endswith("\nlobby   next\n")


def test_roles_are_coloured_on_a_terminal_only() -> None:
    stream = io.StringIO()
    Journal(stream, colours=True).line("up", "x")
    assert stream.getvalue() == "\x1b[34mup     \x1b[0m x\n"


def test_a_session_is_ended_with_all_that_it_started() -> None:
    sleeper = "[sys.executable, '-c', 'import time; time.sleep(60)']"
    code = f"import subprocess, sys; [subprocess.Popen({sleeper}) for _ in '123']; print(1, flush=True); input()"
    leader = subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert leader.stdout
    leader.stdout.readline()
    leader.kill()
    leader.wait()
    assert len(sessions.members(leader.pid)) == 3
    assert len(asyncio.run(sessions.end(leader.pid))) == 3
    assert sessions.members(leader.pid) == []


def test_a_role_that_refuses_its_configuration_is_not_started_again() -> None:
    stream = io.StringIO()
    environment = {"PATH": os.environ["PATH"], "COOKIE_SECRET": "short"}

    async def keep() -> None:
        await Child("router", (), environment, Journal(stream, colours=False)).keep()

    with pytest.raises(ConfigurationError, match="The router refuses to start"):
        asyncio.run(keep())
