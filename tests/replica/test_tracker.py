"""What multiprocessing wants tracked is tracked without a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.replica import Replica

SHARES = """
from multiprocessing.shared_memory import SharedMemory
import panel as pn
shared = SharedMemory("{name}", create=True, size=64)
pn.pane.Str("shares").servable()
"""

LEAVES = """
import asyncio, os, sys
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from berth.replica.tracker import Tracker

async def main():
    tracker = Tracker()
    tracker.listen()
    kept, freed = SharedMemory(create=True, size=64), SharedMemory(create=True, size=64)
    freed.unlink()
    await asyncio.sleep(0.1)
    assert os.path.exists(f"/dev/shm/{kept.name}")
    tracker.clean()
    assert not os.path.exists(f"/dev/shm/{kept.name}")
    tracker.clean()

asyncio.run(main())
"""


def test_what_is_left_behind_is_removed_and_what_was_freed_is_not_missed() -> None:
    """Registered and not taken back: it goes with ``clean``, without a word on standard error."""
    ended = subprocess.run([sys.executable, "-c", LEAVES], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_replica_has_no_process_for_it_and_leaves_no_shared_memory(tmp_path: Path) -> None:
    """Below the supervisor are the forkserver and the berths alone; their shared memory ends with the replica."""
    script, name = tmp_path / "shares.py", f"berth_test_{tmp_path.name}"
    script.write_text(SHARES.format(name=name))
    with Replica(script) as replica:
        replica.ready()
        commands = [" ".join(process.cmdline()) for process in replica.processes()]
        assert sorted(command.split()[0].startswith("berth-") for command in commands) == [False, True], commands
        assert Path(f"/dev/shm/{name}").exists()
        replica.process.terminate()
        assert replica.process.wait(15) == 0
        assert not Path(f"/dev/shm/{name}").exists()
