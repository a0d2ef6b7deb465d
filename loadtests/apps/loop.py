"""A callback that computes in pure Python.

It does a fixed amount of work, not work for a fixed time: ``LOOP_RATE`` says how
many rounds this machine does in a second.
"""

import os

import panel as pn
from buttons import Page

pn.extension()

RATE = float(os.environ.get("LOOP_RATE", "2e7"))


def task(seconds: float) -> int:
    """Do as many rounds as an idle core does in ``seconds``."""
    number = 1
    for _ in range(int(RATE * seconds)):
        number = number * 31 % 1000003
    return number


Page("Loop", task)
