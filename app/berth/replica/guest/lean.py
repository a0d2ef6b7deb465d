"""Leaves out what Panel does at every page for notebooks and for its own reloading.

Both walk over all of Panel's classes or all modules, which takes time at every
page, and memory that berths otherwise share: to look at an object is to write
its count of references.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import panel.io.handlers
from panel.config import panel_extension


def leave_out() -> None:
    """Do it in this process and those that are forked from it."""
    # Signatures for completion in notebooks; those of Panel's own classes were made with the first page.
    panel_extension._apply_signatures = _nothing
    # Which modules a script has imported, for `--autoreload`, which Berth does not follow.
    panel.io.handlers.record_modules = _record_nothing


def _nothing(extension: Any) -> None:
    pass


def _record_nothing(*args: Any, **options: Any) -> AbstractContextManager[None]:
    return nullcontext()
