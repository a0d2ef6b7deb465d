"""Waiting for something that comes by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def until(
    condition: Callable[[], Any], patience: float = 30, pause: float = 0.2, said: Callable[[], str] = lambda: ""
) -> Any:
    """Return the first true result of ``condition``; its failures are tried again.

    ``patience`` and ``pause`` in s; ``said`` tells what one wants to see if none comes.
    """
    deadline = time.monotonic() + patience
    error: object = None
    while time.monotonic() < deadline:
        try:
            if found := condition():
                return found
        except (AssertionError, OSError, KeyError, ValueError) as caught:
            error = caught
        time.sleep(pause)
    raise AssertionError(f"not so within {patience} s; last error: {error}\n{said()}")
