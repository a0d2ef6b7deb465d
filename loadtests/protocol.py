"""Bokeh's protocol as a browser speaks it, without any I/O: frames in, messages out, and the other way round.

A message is three text frames (header, metadata, content), and for each
buffer that the header counts a text and a binary frame more. Nothing that a
server may send raises anything but ProtocolError.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Frame = str | bytes
"""The payload of a text frame, or of a binary one."""

MOST_BUFFERS = 100_000
"""A header that counts more is taken for nonsense instead of waiting for them for ever."""

EXCERPT = 80
"""Characters of what was received that an error quotes."""


class ProtocolError(Exception):
    """What a server sent is not Bokeh's protocol; the sentence says in what way."""


@dataclass(frozen=True)
class Message:
    """What a server said.

    ``kind`` is Bokeh's ``msgtype`` (``ACK``, ``PULL-DOC-REPLY``, ``PATCH-DOC``,
    ``OK``, ``ERROR`` …), ``answers`` the id of the message that this one answers,
    or empty; ``size`` is in bytes, of all its frames.
    """

    kind: str
    answers: str
    content: Mapping[str, Any]
    size: int

    @property
    def error(self) -> str:
        """What an ``ERROR`` says, in one line; empty for anything else."""
        if self.kind != "ERROR":
            return ""
        lines = str(self.content.get("text", "")).strip().splitlines()
        return lines[-1].strip() if lines else "an error without a text"


class Assembler:
    """Puts messages together from the frames in which they arrive. ``limit`` is a message's size (bytes) at most."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._begin()

    def feed(self, frame: Frame) -> Message | None:
        """Take the next frame; return the message that it completes. Raises ProtocolError."""
        self._size += len(frame)
        if self._size > self.limit:
            raise ProtocolError(f"a message has more than {self.limit} bytes")
        return self._feed(frame)

    def close(self) -> None:
        """Note that no more frames come. Raises ProtocolError in the middle of a message."""
        if self._parts:
            raise ProtocolError("the connection ended in the middle of a message")

    def _begin(self) -> None:
        self._parts: list[Mapping[str, Any]] = []
        self._buffers = 0
        self._size = 0

    def _feed(self, frame: Frame) -> Message | None:
        if len(self._parts) < 3:
            self._parts.append(_object(frame, ("header", "metadata", "content")[len(self._parts)]))
            if len(self._parts) == 1:
                self._buffers = 2 * _buffers(self._parts[0])
        else:
            self._buffers -= 1
            _check_buffer(frame, binary=self._buffers % 2 == 0)
        if len(self._parts) < 3 or self._buffers:
            return None
        header, _, content = self._parts
        message = Message(header["msgtype"], str(header.get("reqid") or ""), content, self._size)
        self._begin()
        return message


class Requests:
    """Writes messages; every one has an id of its own, by which a server's answer names it."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)

    def write(self, kind: str, content: Mapping[str, Any]) -> tuple[str, list[str]]:
        """Return the id and the frames of a message."""
        number = str(next(self._ids))
        return number, [json.dumps(part) for part in ({"msgid": number, "msgtype": kind}, {}, content)]

    def pull(self) -> tuple[str, list[str]]:
        """Ask for the whole document."""
        return self.write("PULL-DOC-REQ", {})

    def patch(self, *events: Mapping[str, Any]) -> tuple[str, list[str]]:
        """Change the document, or tell of what happened on the page."""
        return self.write("PATCH-DOC", {"events": list(events)})


def happened(name: str, model: str | None = None, **values: Any) -> dict[str, Any]:
    """Return the event that something happened on the page: ``document_ready``, or ``button_click`` on a model."""
    entries = [["model", {"id": model}]] if model else []
    data = {
        "type": "event",
        "name": name,
        "values": {"type": "map", "entries": [*entries, *([key, value] for key, value in values.items())]},
    }
    return {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}


def changed(model: str, attribute: str, value: Any) -> dict[str, Any]:
    """Return the event that an attribute of a model has a new value."""
    return {"kind": "ModelChanged", "model": {"id": model}, "attr": attribute, "new": value}


def _object(frame: Frame, what: str) -> Mapping[str, Any]:
    if isinstance(frame, bytes):
        raise ProtocolError(f"a binary frame came where the {what} of a message was due")
    try:
        found = json.loads(frame)
    except (ValueError, RecursionError):
        raise ProtocolError(f"the {what} of a message is not JSON: {frame[:EXCERPT]!r}") from None
    if not isinstance(found, dict):
        raise ProtocolError(f"the {what} of a message is no JSON object: {frame[:EXCERPT]!r}")
    return found


def _buffers(header: Mapping[str, Any]) -> int:
    if not isinstance(header.get("msgtype"), str):
        raise ProtocolError(f"a message has no msgtype: {json.dumps(header)[:EXCERPT]}")
    count = header.get("num_buffers", 0)
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_BUFFERS:
        raise ProtocolError(f"a message has {json.dumps(count)[:EXCERPT]} as its number of buffers")
    return count


def _check_buffer(frame: Frame, binary: bool) -> None:
    if isinstance(frame, bytes) != binary:
        due, came = ("binary", "text") if binary else ("text", "binary")
        raise ProtocolError(f"a {came} frame came where a buffer's {due} frame was due")
