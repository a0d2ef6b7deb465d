"""Imported once in the forkserver, so that every berth starts with these modules in memory.

Importing this module imports the modules named in the environment variable
``_PRELOAD`` (separated by commas), and calls those named ``module:function``.
What fails is left to the scripts, which then say so themselves.
"""

from __future__ import annotations

import gc
import importlib
import os

from berth.replica.forkserver import VARIABLE


def load(names: list[str]) -> None:
    """Import the modules, and keep the garbage collector off what they make, now and in every berth."""
    # Imports leave little garbage, and looking for it takes a tenth of their time.
    gc.disable()
    for name in names:
        module, _, function = name.partition(":")
        try:
            loaded = importlib.import_module(module)
            if function:
                getattr(loaded, function)()
        except Exception:  # noqa: S112  (whatever a foreign module raises, its script will show it)
            continue
    gc.freeze()
    gc.enable()


if VARIABLE in os.environ:
    load([name for name in os.environ.pop(VARIABLE).split(",") if name])
