"""What operations ports say, added up, and what processes use, by role."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from loadtests.run.fleet import ROLES, Usage, role_of, seats

BUSY = "import time\nheld = bytearray(40 * 2**20)\nwhile True: pass"


def test_supervisors_are_added_up() -> None:
    one = {
        "seats": 4,
        "taken": 1,
        "berths": [{"state": "ready", "visitors": ["a"]}, {"state": "ready", "visitors": []}],
    }
    two = {"seats": 4, "taken": 0, "berths": [{"state": "ready", "visitors": []}, {"state": "starting"}]}
    found = {what: value for (_, what), value in seats([one, two]).items()}
    assert found == {"replicas": 2, "berths": 3, "spares": 2, "taken": 1, "seats": 8}


def test_a_pod_that_ends_is_no_replica_but_its_visitors_are_there() -> None:
    pods = [
        {"visitors": 1, "seats": 1},
        {"visitors": 1, "seats": 1, "terminating": True},
        {"visitors": None, "seats": None},
    ]
    found = seats([{"pods": pods, "waiting": ["a", "b"]}])
    assert found["fleet", "replicas"] == 2
    assert found["fleet", "taken"] == 2
    assert found["fleet", "seats"] == 1
    assert found["fleet", "waiting"] == 2


def test_where_nobody_answers_nothing_is_said() -> None:
    assert seats([]) == {}


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("/usr/sbin/haproxy -db -f /tmp/haproxy.cfg", "router"),
        ("python -P -m berth lobby", "lobby"),
        ("python -m berth replica app.py", "supervisor"),
        ("berth forkserver", "supervisor"),
        ("berth-12 (port 5018)", "berths"),
        ("python -m panel serve app.py --warm", "server"),
        ("bash", "other"),
    ],
)
def test_a_role_stands_in_the_command_line(monkeypatch: pytest.MonkeyPatch, command: str, role: str) -> None:
    process = psutil.Process()
    monkeypatch.setattr(process, "cmdline", command.split)
    assert role_of(process) == role
    assert role in {*ROLES, "other"}


@pytest.fixture
def busy() -> Iterator[int]:
    """A process that keeps a core busy and holds 40 MiB."""
    with subprocess.Popen([sys.executable, "-c", BUSY]) as process:
        yield process.pid
        process.kill()


def test_memory_and_cores_of_a_process_are_measured(busy: int) -> None:
    usage = Usage(busy)
    usage.now()
    time.sleep(0.5)
    found = usage.now()
    assert 40 < found["other", "memory"] < 100
    assert 0.1 < found["other", "cpu"] < 1.2


def test_a_process_that_has_ended_uses_nothing(busy: int) -> None:
    usage = Usage(busy)
    psutil.Process(busy).kill()
    psutil.wait_procs([psutil.Process(busy)], 5)
    assert usage.now() == {}
