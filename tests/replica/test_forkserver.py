"""The forkserver that a replica starts with: it shares the supervisor's memory and nothing else of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from loadtests.bench.servers import APPS
from tests.support.polling import until
from tests.support.replica import Replica

STARTS = """
import multiprocessing.forkserver, multiprocessing.util, pathlib
import panel as pn

starting, server = multiprocessing.util.spawnv_passfds, multiprocessing.forkserver._forkserver
pathlib.Path("{found}").write_text(f"{{starting.__module__}} {{server._lock.locked()}}")
pn.pane.Str("started").servable()
"""

TELLS = """
import os, pathlib
import panel as pn

pathlib.Path("{found}").write_text(os.environ["OPENBLAS_THREAD_TIMEOUT"])
pn.pane.Str("told").servable()
"""

LINUX = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux' smaps")


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    """A replica that is ready."""
    with Replica(APPS / "click.py") as running:
        running.ready()
        yield running


def server(replica: Replica) -> psutil.Process:
    """The forkserver that lives."""
    living = [process for process in replica.processes() if process.status() != psutil.STATUS_ZOMBIE]
    (found,) = [process for process in living if "forkserver" in " ".join(process.cmdline())]
    return found


@LINUX
def test_the_supervisor_shares_most_of_its_memory_with_it(replica: Replica) -> None:
    """Less than half of what the supervisor has in memory is its own."""
    memory = psutil.Process(replica.process.pid).memory_full_info()
    assert memory.uss < memory.rss / 2


def test_it_holds_none_of_the_supervisors_sockets(replica: Replica) -> None:
    """Whoever ends the supervisor frees its port."""
    listening = [one for one in server(replica).net_connections("inet") if one.status == psutil.CONN_LISTEN]
    assert listening == []


def test_what_dashboards_start_is_started_as_ever(tmp_path: Path) -> None:
    """Only the forkserver itself is a fork of the supervisor, and nothing that it was doing is half done."""
    script, found = tmp_path / "starts.py", tmp_path / "found"
    script.write_text(STARTS.format(found=found))
    with Replica(script) as replica:
        replica.ready()
        assert found.read_text() == "multiprocessing.util False"


@pytest.mark.parametrize(("chosen", "used"), [({}, "4"), ({"OPENBLAS_THREAD_TIMEOUT": "20"}, "20")])
def test_threads_of_numpy_do_not_spin_unless_one_wants_it(tmp_path: Path, chosen: dict[str, str], used: str) -> None:
    """OpenBLAS reads from the environment for how long its threads stay busy when they have nothing to do."""
    script, found = tmp_path / "tells.py", tmp_path / "found"
    script.write_text(TELLS.format(found=found))
    with Replica(script, **chosen) as replica:
        replica.ready()
        assert found.read_text() == used


def test_a_signal_ends_it_and_another_one_takes_its_place(replica: Replica) -> None:
    """It has not kept the supervisor's way to deal with signals."""
    first = server(replica)
    (berth,) = first.children()
    first.send_signal(signal.SIGTERM)
    until(lambda: not first.is_running() or first.status() == psutil.STATUS_ZOMBIE)
    berth.kill()
    until(lambda: server(replica).pid != first.pid)
    replica.ready()
