"""Reads a run's folder and says in one page whether anybody waited for anybody else.

``write`` is for the end of a run, ``compare`` for several runs side by side;
``python -m loadtests.report`` does both later, from the files.
"""

from loadtests.report.command import compare, write

__all__ = ["compare", "write"]
