"""Which line of a stack is the dashboard's."""

from __future__ import annotations

import faulthandler
import tempfile
import threading

from berth.replica.stacks import blocking_line

DUMP = """\
Thread 0x00007f01 (most recent call first):
  File "/srv/app/worker.py", line 7 in wait
  File "/usr/lib/python3.11/threading.py", line 982 in run

Current thread 0x00007f02 (most recent call first):
  File "{installed}/numpy/core.py", line 3 in sort
  File "/srv/app/dash.py", line 42 in compute
  File "/srv/app/dash.py", line 50 in click
  File "{installed}/panel/io/server.py", line 1 in run
"""


def dump() -> str:
    import numpy

    return DUMP.format(installed=numpy.__file__.removesuffix("/numpy/__init__.py"))


def test_the_innermost_line_of_the_script_is_named() -> None:
    """Not the library's line that it waits in, and not its caller's."""
    assert str(blocking_line(dump(), {"/srv/app/dash.py"})) == "/srv/app/dash.py:42 in compute"


def test_a_module_that_nobody_knows_of_is_still_found() -> None:
    """What is neither Python's nor installed is the dashboard's; the main thread comes first."""
    assert str(blocking_line(dump(), set())) == "/srv/app/dash.py:42 in compute"


def test_a_known_script_in_another_thread_wins_over_unknown_lines() -> None:
    """A thread of the dashboard that holds the GIL is to blame."""
    assert str(blocking_line(dump(), {"/srv/app/worker.py"})) == "/srv/app/worker.py:7 in wait"


def test_nothing_is_found_in_nothing() -> None:
    """A stack that never came has no line."""
    assert blocking_line("", set()) is None


def test_what_faulthandler_prints_is_understood() -> None:
    """The format is the installed Python's own."""
    ready, stop = threading.Event(), threading.Event()

    def wait_here() -> None:
        ready.set()
        stop.wait()

    thread = threading.Thread(target=wait_here)
    thread.start()
    ready.wait()
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        text = file.read()
    stop.set()
    thread.join()
    frame = blocking_line(text, {__file__})
    assert frame is not None
    assert frame.function == "test_what_faulthandler_prints_is_understood"
