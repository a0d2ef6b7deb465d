"""What happens when a dashboard raises: a traceback for the log, an id for the visitor."""

from __future__ import annotations

import logging
import re
import secrets
import traceback
from pathlib import Path
from typing import Any

from bokeh.document import Document
from bokeh.document.events import MessageSentEvent
from bokeh.server.connection import ServerConnection
from panel import state

log = logging.getLogger("berth.dashboard")

SENTENCE = "Something went wrong in this dashboard. Its log has the details under {}."


def report(what: str, text: str) -> str:
    """Log a traceback under a new id and return the id."""
    problem = secrets.token_hex(4)
    log.error("problem %s %s\n%s", problem, what, text.rstrip())
    return problem


def tell(document: Document, **message: Any) -> None:
    """Send the pages of a document a message that page.js shows."""
    context = document.session_context
    session = context.session if context else None
    if session is None or session.destroyed:
        return

    def dispatch() -> None:
        document.callbacks.trigger_on_change(MessageSentEvent(document, "berth", message))

    session._loop.add_callback(session.with_document_locked, dispatch)


def handle(exception: BaseException) -> None:
    """Panel's ``config.exception_handler``: for callbacks that raise."""
    problem = report("in a callback", "".join(traceback.format_exception(exception)))
    if state.curdoc:
        tell(state.curdoc, kind="problem", id=problem, text=SENTENCE.format(problem))


def where(detail: str, script: str) -> str:
    """Return "file, line n: error" from a formatted traceback, the line being the script's own if it has one."""
    frames = re.findall(r'File "(.+?)", line (\d+)', detail)
    folder = str(Path(script).absolute().parent)
    own = [frame for frame in frames if frame[0].startswith(folder)] or frames or [(script, "?")]
    file, line = own[-1]
    lines = [text for text in detail.strip().splitlines() if text]
    return f"{Path(file).name}, line {line}: {lines[-1] if lines else 'it failed'}"


def keep_tracebacks_here() -> None:
    """Let Bokeh's error replies say an id instead of the exception and its traceback."""

    def error(self: ServerConnection, message: Any, text: str) -> Any:
        problem = report(f"while handling {message.msgtype}", traceback.format_exc())
        reply = self.protocol.create("ERROR", message.header["msgid"], SENTENCE.format(problem))
        reply.content["traceback"] = None
        if self._session:
            tell(self._session.document, kind="problem", id=problem, text=SENTENCE.format(problem))
        return reply

    ServerConnection.error = error
    for chatty in ("bokeh.server.protocol_handler", "bokeh.application.application"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
