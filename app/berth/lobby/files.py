"""Static files of Bokeh, Panel and panel_material_ui, found without importing any of them.

Every file is known by its path in an index made at the start, so that no path
from outside ever reaches the file system.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import mimetypes
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

MOST_BYTES = 64 * 2**20
"""Memory for files; those that were not asked for longest go first."""

CORE = (
    "js/bokeh.min.js",
    "js/bokeh-widgets.min.js",
    "js/bokeh-tables.min.js",
    "js/bokeh-gl.min.js",
    "js/bokeh-mathjax.min.js",
    "extensions/panel/panel.min.js",
    "extensions/panel-material-ui/panel-material-ui.bundle.js",
)
"""Files that nearly every page needs, compressed before anybody asks."""

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".map": "application/json",
    ".wasm": "application/wasm",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".ico": "image/x-icon",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}

DENSE = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".woff", ".woff2", ".gz", ".zip"})
"""Endings of what compression does not make smaller."""


@dataclass(frozen=True)
class Root:
    """A folder served under ``prefix``.

    ``versions`` in ``?v=`` stand for exactly this content. ``borrowed`` ones are
    put there too but belong to another package, so that nothing can be kept by them.
    """

    prefix: str
    folder: Path
    versions: frozenset[str] = frozenset()
    borrowed: frozenset[str] = frozenset()

    def paths(self) -> Iterator[tuple[str, Path]]:
        """Yield every file: its path behind ``/static/`` and where it lies."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield self.prefix + path.relative_to(self.folder).as_posix(), path


@dataclass(frozen=True)
class File:
    """A file in memory; ``compressed`` is empty where that saves nothing. ``digest`` is Tornado's content hash."""

    content_type: str
    body: bytes
    compressed: bytes
    digest: str

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return len(self.body) + len(self.compressed)

    @classmethod
    def read(cls, path: Path) -> File:
        """Read and compress a file; takes up to some 100 ms."""
        body = path.read_bytes()
        # What is larger is a source map: few read it, and it must not hold up the rest.
        effort = 9 if len(body) < 2**21 else 4
        compressed = b"" if path.suffix in DENSE else gzip.compress(body, effort, mtime=0)
        if len(compressed) >= len(body):
            compressed = b""
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return cls(kind, body, compressed, hashlib.sha512(body).hexdigest())


class Files:
    """The files that any lobby serves, read when they are first asked for."""

    def __init__(self, roots: list[Root] | None = None) -> None:
        self._roots = installed_roots() if roots is None else roots
        self._known = {name: (root, path) for root in self._roots for name, path in root.paths()}
        self._loaded: OrderedDict[str, File] = OrderedDict()
        self._loading: dict[str, asyncio.Future[File]] = {}
        self._readers = ThreadPoolExecutor(2, "static")

    def knows(self, name: str) -> bool:
        """Whether there is a file at this path behind ``/static/``."""
        return name in self._known

    async def get(self, name: str) -> File:
        """Return a known file. Raises KeyError, OSError."""
        if name in self._loaded:
            self._loaded.move_to_end(name)
            return self._loaded[name]
        if name not in self._loading:
            _, path = self._known[name]
            loading = asyncio.get_running_loop().run_in_executor(self._readers, File.read, path)
            self._loading[name] = asyncio.ensure_future(loading)
        try:
            file = await asyncio.shield(self._loading[name])
        finally:
            self._loading.pop(name, None)
        self._keep(name, file)
        return file

    async def warm(self) -> None:
        """Read what nearly every page needs."""
        for name in filter(self.knows, CORE):
            await self.get(name)

    def lasting(self, name: str, version: str, file: File) -> bool:
        """Whether an address with ``?v=version`` means this content for ever."""
        root, _ = self._known[name]
        return version == file.digest or version in root.versions

    def borrowed(self, name: str, version: str) -> bool:
        """Whether the version says nothing of this content, yet is what Panel writes there."""
        root, _ = self._known[name]
        return version in root.borrowed

    def _keep(self, name: str, file: File) -> None:
        self._loaded[name] = file
        while sum(kept.size for kept in self._loaded.values()) > MOST_BYTES and len(self._loaded) > 1:
            self._loaded.popitem(last=False)


def installed_roots() -> list[Root]:
    """Return the folders of the packages that are installed, the longest prefix last."""
    panel = _panel_versions()
    roots = [
        _root("", "bokeh", "server/static", _distribution_version("bokeh"), frozenset()),
        _root("extensions/panel/", "panel", "dist", panel, frozenset()),
        _root(
            "extensions/panel-material-ui/",
            "panel_material_ui",
            "dist",
            _distribution_version("panel-material-ui") - panel,
            panel,
        ),
    ]
    return [root for root in roots if root is not None]


def _root(prefix: str, package: str, folder: str, versions: frozenset[str], borrowed: frozenset[str]) -> Root | None:
    home = _package_folder(package)
    if home is None or not (home / folder).is_dir():
        return None
    return Root(prefix, home / folder, versions, borrowed)


def _package_folder(package: str) -> Path | None:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0])


def _panel_versions() -> frozenset[str]:
    # Panel writes the version of its package.json, Bokeh the SHA-256 of it (bokeh/embed/bundle.py).
    home = _package_folder("panel")
    if home is None:
        return frozenset()
    try:
        version = str(json.loads((home / "package.json").read_text())["version"])
    except (OSError, ValueError, KeyError):
        return _distribution_version("panel")
    digest = hashlib.sha256(version.encode()).hexdigest()
    return frozenset({version.partition("+")[0], digest}) | _distribution_version("panel")


def _distribution_version(name: str) -> frozenset[str]:
    try:
        return frozenset({importlib.metadata.version(name)})
    except importlib.metadata.PackageNotFoundError:
        return frozenset()
