"""A role as the first process of a container: no signal is lost, nothing is left behind, orphans are buried."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.processes import runs
from tests.support.replica import Replica
from tests.support.system import SECRET, free_ports

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "loadtests/apps/lock.py"

NAMESPACE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
"""Makes what follows the first process of its own process tree, as a container does."""

MOMENTS = (0.0, 0.03, 0.1, 0.2, 0.4, 0.7, 1.2, 2.0)
"""Seconds after the first handler at which a role is told to end."""

TERM = 1 << 14
"""SIGTERM in the masks of /proc."""

ORPHANS = """
import subprocess, sys
import panel as pn
child = "import time; time.sleep(600)"
parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)"
subprocess.run([sys.executable, "-c", parent], check=True)
pn.pane.Str("parent of orphans").servable()
"""


def _lacks_namespaces() -> str:
    if not shutil.which("unshare"):
        return "unshare is not installed"
    tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip()


in_namespace = pytest.mark.skipif(bool(_lacks_namespaces()), reason=f"no process namespace: {_lacks_namespaces()}")


def first_process(outer: int) -> psutil.Process:
    """Return the process that is the first one of the namespace that ``outer`` has made, once it listens to SIGTERM."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for child in psutil.Process(outer).children():
            # tini catches none, but has blocked all before it starts its child, and fetches them.
            if _masks(child.pid).get("SigCgt", 0) & TERM or (child.name() == "tini" and child.children()):
                return child
    raise AssertionError("it never listened to SIGTERM")


def _masks(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":")[::2] for line in lines)
    return {name: int(mask, 16) for name, mask in pairs if name.startswith("Sig") and name != "SigQ"}


@pytest.fixture
def environment() -> dict[str, str]:
    """Settings of all roles, on ports of their own."""
    first = free_ports(8)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("BERTH_")},
        "COOKIE_SECRET": SECRET,
        "CREDENTIALS": "alice:correct horse",
        "PORT": str(first),
        "BERTH_LOBBY_PORT": str(first + 1),
        "BERTH_OPERATIONS_PORT": str(first + 2),
        "BERTH_BERTH_PORT": str(first + 3),
        "BERTH_MAX_BERTHS": "2",
    }


@in_namespace
@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ["replica", "lobby", "up"])
def test_a_sigterm_is_obeyed_from_the_first_handler_on(role: str, environment: dict[str, str]) -> None:
    """Also while the role still imports: without visitors it ends within seconds, and with it all that it started."""
    for moment in MOMENTS:
        end_at(moment, role, (), environment)


@in_namespace
@pytest.mark.skipif(not shutil.which("tini"), reason="tini is not installed, which is the first process in the image")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ["replica", "lobby", "router"])
def test_behind_tini_as_in_the_image_a_sigterm_is_obeyed_whenever_it_comes(
    role: str, environment: dict[str, str]
) -> None:
    """Even before Python runs, and while the router becomes HAProxy, which would lose it as the first process."""
    for moment in MOMENTS:
        end_at(moment, role, ("tini", "--"), environment)


def end_at(moment: float, role: str, before: tuple[str, ...], environment: dict[str, str]) -> None:
    """Start a role in a namespace, tell it to end so many seconds after it first listens, and see that it does."""
    scripts = [str(LOCK)] if role in ("replica", "up") else []
    command = [*NAMESPACE, *before, sys.executable, "-P", "-m", "berth", role, *scripts]
    outer = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        first = first_process(outer.pid)
        time.sleep(moment)
        started = first.children(recursive=True)
        first.terminate()
        outer.wait(10)
        assert [process for process in started if runs(process.pid)] == []
    except subprocess.TimeoutExpired:
        raise AssertionError(f"SIGTERM {moment} s after the first handler was lost") from None
    finally:
        outer.kill()
        outer.wait()


@pytest.mark.timeout(300)
def test_a_sigterm_to_a_starting_replica_leaves_no_process(environment: dict[str, str]) -> None:
    """Where no namespace ends with it, the forkserver and the berths end all the same."""
    command = [sys.executable, "-P", "-m", "berth", "replica", str(LOCK)]
    for moment in MOMENTS:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        while not _masks(process.pid).get("SigCgt", 0) & TERM:
            time.sleep(0.001)
        time.sleep(moment)
        started = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        assert process.wait(10) in (0, 143)
        _, left = psutil.wait_procs(started, timeout=5)
        assert left == [], moment


def test_signals_are_heeded_before_anything_heavy_is_imported() -> None:
    """What stands before the handlers is a handful of modules that Python itself brings."""
    code = "import sys, berth.__main__; print(*sorted(sys.modules))"
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=20)
    early = {"asyncio", "argparse", "logging", "tornado", "dotenv", "berth.cli", "berth.settings"}
    assert early.isdisjoint(ended.stdout.split())


@in_namespace
def test_orphans_of_a_dashboard_end_with_its_berth(tmp_path: Path) -> None:
    """What a script has left behind in a session of its own is ended by the supervisor, and no zombie stays."""
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS)
    with Replica(script, before=NAMESPACE, BERTH_SEAT_GRACE=0) as replica:
        replica.ready()
        first = first_process(replica.process.pid)
        orphans = [one for one in first.children(recursive=True) if "time.sleep(600)" in " ".join(one.cmdline())]
        assert orphans
        replica.call("/seats/reserve", visitor="one", user="alice")
        replica.call("/seats/release", visitor="one", reason="logout")
        _, left = psutil.wait_procs(orphans, timeout=10)
        assert len(left) < len(orphans)
        replica.until(lambda: all(one.status() != psutil.STATUS_ZOMBIE for one in first.children()))
