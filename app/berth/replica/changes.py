"""Notices that a script, or a local module it imports, has changed on disk."""

from __future__ import annotations

from pathlib import Path

from berth.serving import Serving


class Changes:
    """``version`` grows by one with every change that ``look`` finds."""

    def __init__(self, serving: Serving) -> None:
        self.version = 0
        self._serving = serving
        self._seen = self._stamps()

    @property
    def sources(self) -> frozenset[str]:
        """The files that are watched."""
        return frozenset(str(path) for path in self._seen)

    def look(self) -> bool:
        """Return whether anything changed since the last look."""
        now = {path: _stamp(path) for path in self._seen}
        if now == self._seen:
            return False
        self._seen = self._stamps()
        self.version += 1
        return True

    def _stamps(self) -> dict[Path, tuple[int, int]]:
        return {source.path: _stamp(source.path) for source in self._serving.sources()}


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
