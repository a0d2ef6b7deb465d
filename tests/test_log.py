"""A log that nobody reads holds up nobody."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import logging, os, sys, time
from berth import log
log.configure("info")
start = time.monotonic()
for number in range(30_000):
    logging.info("%s %s", number, "x" * 100)
print("done", flush=True)
os._exit(0)
"""


def test_logging_into_a_full_pipe_does_not_wait() -> None:
    """Three megabytes go to a pipe of 64 kB that is never read, and the program reaches its end."""
    read, write = os.pipe()
    try:
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM], stderr=write, stdout=subprocess.PIPE, timeout=60, check=True, text=True
        )
    finally:
        os.close(read)
        os.close(write)
    assert ended.stdout == "done\n"


def test_dropped_lines_are_counted() -> None:
    """When the reader catches up, a line says how many are missing."""
    program = PROGRAM.replace('print("done"', 'time.sleep(1); logging.info("late"); time.sleep(1); print("done"')
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True, text=True)
    assert ended.stdout == "done\n"
    lines = ended.stderr.splitlines()
    written = sum(line.endswith("x" * 100) for line in lines)
    counted = sum(int(line.split("WARNING berth.log ")[1].split()[0]) for line in lines if "were dropped" in line)
    assert written + counted == 30_000
