"""Files: those of Bokeh, Panel and panel_material_ui, and our own."""

from __future__ import annotations

from urllib.parse import urlencode

from tornado.web import HTTPError

from berth.lobby.files import File
from berth.lobby.handlers.base import Handler

FOR_EVER = "public, max-age=31536000, immutable"
CHECK_FIRST = "no-cache"


class FileHandler(Handler):
    """Sends bytes that browsers may keep."""

    def send(self, content_type: str, body: bytes, compressed: bytes, digest: str, caching: str) -> None:
        """Send a file, compressed if that is wanted and possible, or 304."""
        packed = bool(compressed) and _takes_gzip(self.request.headers.get("Accept-Encoding", ""))
        etag = f'"{digest[:32]}{"-gz" if packed else ""}"'
        self.set_header("Cache-Control", caching)
        self.set_header("Content-Type", content_type)
        self.set_header("Etag", etag)
        if compressed:
            self.set_header("Vary", "Accept-Encoding")
        if etag in self.request.headers.get("If-None-Match", ""):
            self.set_status(304)
            return
        if packed:
            self.set_header("Content-Encoding", "gzip")
        chosen = compressed if packed else body
        self.set_header("Content-Length", len(chosen))
        if self.request.method != "HEAD":
            self.write(chosen)

    def compute_etag(self) -> None:
        """Keep the ETag that ``send`` has set."""


class StaticHandler(FileHandler):
    """``/static/…``: what any lobby has; the rest is for the visitor's berth, which ``seat=1`` asks for."""

    async def get(self, path: str) -> None:
        """Send the file, if it is ours in this very version."""
        version = self.get_query_argument("v", "")
        if not self.lobby.files.knows(path):
            self._ask_berth()
            return
        file = await self.lobby.files.get(path)
        if not version or self.lobby.files.borrowed(path, version):
            self._send(file, CHECK_FIRST)
        elif self.lobby.files.lasting(path, version, file):
            self._send(file, FOR_EVER)
        else:
            self._ask_berth()

    head = get

    def set_default_headers(self) -> None:
        """Set no policy: these are no pages, and a worker would inherit it."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        # Dashboards embedded in pages of other sites load modules and fonts from here.
        self.set_header("Access-Control-Allow-Origin", "*")

    def _send(self, file: File, caching: str) -> None:
        self.send(file.content_type, file.body, file.compressed, file.digest, caching)

    def _ask_berth(self) -> None:
        if self.get_query_argument("seat", ""):
            raise HTTPError(404)
        arguments = [(name, value) for name in self.request.query_arguments for value in self.get_query_arguments(name)]
        self.set_header("Cache-Control", "no-store")
        self.redirect(f"{self.request.path}?{urlencode([*arguments, ('seat', '1')])}", status=302)


class AssetHandler(FileHandler):
    """``/berth/assets/…``: files of the look."""

    def get(self, name: str) -> None:
        """Send the file; it may be kept for ever under the address that names its content."""
        asset = self.lobby.look.assets.get(name)
        if asset is None:
            raise HTTPError(404)
        lasting = self.get_query_argument("v", "") == asset.version
        caching = FOR_EVER if lasting else CHECK_FIRST
        self.set_header("Access-Control-Allow-Origin", "*")
        self.send(asset.content_type, asset.body, asset.compressed, asset.version, caching)

    head = get


class FaviconHandler(AssetHandler):
    """``/favicon.ico``, which browsers ask for on their own."""

    def get(self) -> None:  # type: ignore[override]  # the name is known here
        """Send our mark."""
        super().get("favicon.svg")

    head = get  # type: ignore[assignment]  # as above


def _takes_gzip(accepted: str) -> bool:
    codings = [coding.replace(" ", "").lower() for coding in accepted.split(",")]
    return any(coding in ("gzip", "*") or (coding.startswith("gzip;q=") and coding != "gzip;q=0") for coding in codings)
