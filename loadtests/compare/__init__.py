"""Whether an app gains by Berth: it is served plainly and by Berth in the same minutes, tried, driven and judged."""

from loadtests.compare.command import run

__all__ = ["run"]
