"""A callback that computes in C code which holds the GIL from its beginning to its end.

It does a fixed amount of work, not work for a fixed time: ``NATIVE_RATE`` says
how many numbers this machine adds in a second.
"""

import os

import panel as pn
from buttons import Page

pn.extension()

RATE = float(os.environ.get("NATIVE_RATE", "6e7"))


def task(seconds: float) -> int:
    """Add as many numbers as an idle core does in ``seconds``."""
    return sum(range(int(RATE * seconds)))


Page("Native", task)
