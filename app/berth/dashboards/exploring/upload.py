"""The visitor's own file on its way from the browser to a file of this session."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import panel as pn
from panel.custom import JSComponent

HERE = Path(__file__).parent


class Upload(JSComponent):  # type: ignore[misc]  # Panel has no types
    """A file input. Calls `arrived(path, name)` when all of a file is there; who is called removes it.

    A file never is in the memory of this process: pieces are written as they come. Its folder goes with the session.
    """

    _esm = HERE / "upload.js"

    def __init__(self, arrived: Callable[[Path, str], Awaitable[None]], **params: Any) -> None:
        super().__init__(**params)
        self._arrived = arrived
        self._folder = TemporaryDirectory(prefix="explorer-")
        self._count = 0
        self._id = ""
        self._received = 0
        if pn.state.curdoc:
            pn.state.on_session_destroyed(lambda _context: self._folder.cleanup())

    def _handle_msg(self, message: dict[str, Any]) -> None:
        """Take a piece that comes next; answer how much is there, so that the page knows what to send."""
        name, size = message["name"], message["size"]
        first = message["id"] != self._id
        if first:
            self._path.unlink(missing_ok=True)
            self._id, self._received = message["id"], 0
            self._count += 1
        fits = message["start"] == self._received
        if fits and (first or self._received < size):
            with self._path.open("ab") as file:
                self._received += file.write(bytes(message["piece"]))
            if self._received == size:
                pn.state.execute(partial(self._arrived, self._path, name))
        self._send_msg({"id": self._id, "received": self._received})

    @property
    def _path(self) -> Path:
        return Path(self._folder.name) / str(self._count)
