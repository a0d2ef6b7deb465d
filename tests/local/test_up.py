"""`berth up` as a newcomer meets it: real roles, real signals."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.support.client import Browser
from tests.support.system import System

HELLO = 'import panel as pn\n\npn.pane.Str("hello").servable()\n'
UNSET = {"CREDENTIALS": "", "COOKIE_SECRET": ""}


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scripts") / "hello.py"
    path.write_text(HELLO)
    return path


@pytest.fixture(scope="module")
def fresh(hello: Path) -> Iterator[System]:
    """A run that nobody configured."""
    with System(hello, **UNSET) as system:
        system.until(lambda: "Stop" in system.log())
        yield system


def password(system: System) -> str:
    found = re.search(r"Log in +demo +(\S+)", system.log())
    assert found, system.log()
    return found[1]


def ended(system: System, timeout: float = 20) -> int:
    """Wait for the end and return the exit code."""
    return system.process.wait(timeout)


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that have not ended; what waits for init to take note of it has."""
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_the_banner_says_where_to_go_and_how_many_may_come(fresh: System) -> None:
    said = re.sub(" +", " ", fresh.log())
    assert f" Open http://localhost:{fresh.port}\n" in said
    assert " Seats 1 ready now, 16 at most\n" in said
    assert f" Serves Hello at http://localhost:{fresh.port}/hello\n" in said


def test_the_demo_login_that_it_prints_opens_the_dashboard(fresh: System) -> None:
    browser = Browser(fresh.url)
    assert browser.log_in("demo", password(fresh)).status_code == 303
    assert "render_items" in browser.page("/hello").text


def test_the_demo_password_is_said_once_and_known_to_no_role(fresh: System) -> None:
    secret = password(fresh)
    assert fresh.log().count(secret) == 1
    for process in (psutil.Process(fresh.process.pid), *fresh.processes()):
        assert secret not in " ".join(process.cmdline())
        assert secret not in "".join(process.environ().values())


def test_each_role_is_a_process_in_a_session_of_its_own_whose_command_line_names_it(fresh: System) -> None:
    roles = [fresh.role(name) for name in ("router", "lobby", "replica")]
    assert len({os.getsid(role.pid) for role in roles}) == 3
    assert all(os.getsid(role.pid) == role.pid for role in roles)


def test_each_line_of_the_log_names_its_role_and_nothing_is_coloured_in_a_file(fresh: System) -> None:
    assert any(line.startswith("replica 20") for line in fresh.lines)
    assert "\x1b" not in fresh.log()


def test_two_runs_have_different_secrets(hello: Path, fresh: System) -> None:
    with System(hello, **UNSET) as other:
        other.until(lambda: "Stop" in other.log())
        assert password(other) != password(fresh)
        browser = Browser(fresh.url)
        browser.log_in("demo", password(fresh))
        browser.url = other.url
        assert "/login" in browser.page("/hello", allow_redirects=False).headers["Location"]


def test_a_role_that_dies_again_and_again_is_started_after_growing_delays(hello: Path) -> None:
    with System(hello) as system:
        for delay in ("now", "in 0.2 s", "in 0.4 s"):
            router = system.role("router")
            router.kill()
            system.until(lambda said=delay: f"The router ended (SIGKILL). It starts again {said}." in system.log())
            system.until(lambda: requests.get(f"{system.url}/berth/livez", timeout=2).ok)


def test_a_killed_supervisor_accepts_again_within_three_seconds(hello: Path) -> None:
    with System(hello) as system:
        old = system.role("replica")
        left = old.children(recursive=True)
        old.kill()
        started = time.monotonic()
        system.until(lambda: system.status()["ready"])
        assert time.monotonic() - started < 3
        assert not living(left)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_visitors_it_ends_at_once(hello: Path, number: signal.Signals) -> None:
    with System(hello) as system:
        everything = list(system.processes())
        system.process.send_signal(number)
        assert ended(system, 5) == 0
        assert not living(everything)


def test_a_second_signal_does_not_wait_for_visitors(hello: Path) -> None:
    with System(hello) as system:
        session = system.browser("alice").open("/hello")
        everything = list(system.processes())
        system.process.send_signal(signal.SIGINT)
        system.until(lambda: "Waiting up to 60 min for 1 visitor to leave. Ctrl-C again ends at once." in system.log())
        system.process.send_signal(signal.SIGINT)
        assert ended(system, 3) == 130
        assert not living(everything)
        session.close()


def test_the_grace_is_an_end_of_the_wait(hello: Path) -> None:
    with System(hello, BERTH_DRAIN_GRACE="1") as system:
        session = system.browser("alice").open("/hello")
        system.process.send_signal(signal.SIGTERM)
        assert ended(system, 10) == 0
        session.close()


def test_a_signal_while_it_starts_leaves_nothing_behind(hello: Path) -> None:
    system = System(hello, wait=False)
    with system:
        system.until(lambda: len(list(system.processes())) >= 3)
        everything = list(system.processes())
        system.process.send_signal(signal.SIGTERM)
        ended(system, 8)
        assert not living(everything)


def test_a_taken_port_ends_it_before_any_process_starts(hello: Path) -> None:
    system = System(hello, wait=False)
    with socket.create_server(("127.0.0.1", system.port)), system:
        assert ended(system) == 2
        assert f"berth: Port {system.port} is taken by" in system.log()
        assert f"(process {os.getpid()})" in system.log()
        assert "replica" not in system.log()


def test_a_script_that_fails_is_named_with_its_line_while_it_keeps_running(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("import panel as pn\n\npn.panel(1 / 0).servable()\n")
    with System(script, wait=False) as system:
        system.until(lambda: re.search(r"Not ready .*broken\.py", system.log()))
        script.write_text(HELLO)
        system.until(lambda: "Serves   Broken" in system.log(), 30)


def test_without_a_script_the_dashboard_that_ships_is_served() -> None:
    with System() as system:
        system.until(lambda: "/explorer\n" in system.log() + "\n")


def test_wrong_settings_end_it_before_any_process_starts(hello: Path) -> None:
    with System(hello, wait=False, APP_URL="nonsense") as system:
        assert ended(system) == 2
        assert "berth: APP_URL=nonsense must look like" in system.log()
        assert len(system.lines) == 1


def test_on_a_terminal_the_roles_are_coloured(hello: Path) -> None:
    system = System(hello, wait=False, TERM="xterm")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "berth", "up", str(hello)], env=system.environment, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while b"Stop" not in shown:
        shown += os.read(ours, 1000)
    process.terminate()
    assert process.wait(20) == 0
    os.close(ours)
    assert b"\x1b[32mreplica\x1b[0m " in shown
    assert b"\x1b[1mOpen" in shown
