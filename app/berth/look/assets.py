"""Files of the look, each with the hash of its content in its address so that browsers keep it."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from berth.errors import ConfigurationError
from berth.look import colour
from berth.settings import Settings

FOLDER = Path(__file__).parent / "assets"

LARGEST_LOGO = 2**20

LOGO_TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
}

TYPES = {**LOGO_TYPES, ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@dataclass(frozen=True)
class Asset:
    """A file in memory."""

    name: str
    body: bytes

    @cached_property
    def version(self) -> str:
        """What stands behind ``?v=``."""
        return _version(self.body)

    @cached_property
    def compressed(self) -> bytes:
        """The body in gzip's format."""
        return gzip.compress(self.body, 9, mtime=0)

    @property
    def content_type(self) -> str:
        """The media type."""
        return TYPES.get(Path(self.name).suffix) or mimetypes.guess_type(self.name)[0] or "application/octet-stream"


def asset_url(prefix: str, name: str) -> str:
    """Return the address of a file in this package's folder ``assets`` on a site under ``prefix``.

    Raises FileNotFoundError. What is made from settings (``theme.css``) has an address without version.
    """
    version = f"?v={_file_version(name)}" if name not in MADE else ""
    return f"{prefix}/berth/assets/{name}{version}"


def assets(settings: Settings) -> dict[str, Asset]:
    """Return all files by name, those made from the settings among them. Raises ConfigurationError."""
    found = {path.name: Asset(path.name, path.read_bytes()) for path in FOLDER.iterdir() if path.is_file()}
    made = [Asset("theme.css", theme(settings.colour).encode()), *_logo(settings)]
    made.append(Asset("favicon.svg", _mark(found["favicon.svg"].body, settings.colour)))
    return found | {asset.name: asset for asset in made}


def theme(main: str) -> str:
    """Return style that sets the operator's colours, light and dark, for a page or a shadow root."""
    bright, dim = colour.light(main), colour.dark(main)
    return (
        f":root, :host {{ {_properties(bright)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root, :host {{ {_properties(dim)} }} }}\n"
    )


MADE = frozenset({"theme.css", "favicon.svg"})
"""Files that are not, or not unchanged, in the folder."""


def _properties(palette: colour.Palette) -> str:
    return f"--berth-colour: {palette.area}; --berth-on-colour: {palette.on_area}; --berth-colour-text: {palette.text};"


def _mark(drawing: bytes, main: str) -> bytes:
    palette = colour.light(main)
    return drawing.replace(b"#0b6e8f", palette.area.encode()).replace(b"#ffffff", palette.on_area.encode())


def _logo(settings: Settings) -> list[Asset]:
    if not settings.logo:
        return []
    path = Path(settings.logo)
    if path.suffix.lower() not in LOGO_TYPES:
        raise ConfigurationError(f"BERTH_LOGO={path} is no picture that browsers show: use svg, png, jpg, webp or gif.")
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"BERTH_LOGO={path} cannot be read ({type(error).__name__}).") from error
    if not 0 < len(body) <= LARGEST_LOGO:
        raise ConfigurationError(f"BERTH_LOGO={path} has {len(body)} bytes: a logo has 1 to {LARGEST_LOGO}.")
    return [Asset(f"logo{path.suffix.lower()}", body)]


@cache
def _file_version(name: str) -> str:
    return _version((FOLDER / name).read_bytes())


def _version(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]
