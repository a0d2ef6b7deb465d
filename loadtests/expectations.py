"""What a tab waits for: an answer, a text, or a document that looks as wanted."""

from __future__ import annotations

import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from loadtests.document import Document
from loadtests.protocol import Message
from loadtests.steps import ConnectionLost, StepFailed
from loadtests.widgets import Widget, find


class Expectation(ABC):
    """Something that a server should say. ``met`` is when it did (of time.perf_counter), None until then."""

    def __init__(self) -> None:
        self.met: float | None = None
        self.problem = ""

    def hear(self, message: Message, texts: Sequence[str], document: Document, at: float) -> None:
        """Look at a message, at the texts that it shows anew, and at the document as it is now."""
        if self.met is None and self.fits(message, texts, document):
            self.met = at

    @abstractmethod
    def fits(self, message: Message, texts: Sequence[str], document: Document) -> bool:
        """Return whether it is met; set ``problem`` where it never will be."""

    @abstractmethod
    def __str__(self) -> str:
        """Name it for an error: ``…  did not come``."""


class Reply(Expectation):
    """The answer to one of our messages. An ``ERROR`` is a problem."""

    def __init__(self, request: str, what: str) -> None:
        super().__init__()
        self.request = request
        self.what = what
        self.message: Message | None = None

    def fits(self, message: Message, texts: Sequence[str], document: Document) -> bool:
        """Return whether this message is the answer."""
        if message.answers != self.request:
            return False
        self.message = message
        if message.error:
            self.problem = f"the server answered with an error: {message.error}"
        return True

    def __str__(self) -> str:
        return f"the answer to {self.what}"


class Greeting(Expectation):
    """The server's first word."""

    def fits(self, message: Message, texts: Sequence[str], document: Document) -> bool:
        """Return whether it has come."""
        return message.kind == "ACK"

    def __str__(self) -> str:
        return "the server's greeting (ACK)"


class Text(Expectation):
    """A text that a change shows: ``pattern`` is a regular expression, looked for in each changed value."""

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self.pattern = re.compile(pattern)
        self.found: re.Match[str] | None = None

    def fits(self, message: Message, texts: Sequence[str], document: Document) -> bool:
        """Return whether a changed value holds it."""
        self.found = next((found for text in texts if (found := self.pattern.search(text))), None)
        return self.found is not None

    def __str__(self) -> str:
        return f"the text {self.pattern.pattern!r}"


class State(Expectation):
    """A document of which ``holds`` is true after a change; ``what`` names that."""

    def __init__(self, holds: Callable[[Document], bool], what: str) -> None:
        super().__init__()
        self.holds = holds
        self.what = what

    def fits(self, message: Message, texts: Sequence[str], document: Document) -> bool:
        """Return whether the document is so now."""
        return message.kind == "PATCH-DOC" and self.holds(document)

    def __str__(self) -> str:
        return self.what


class Enabled(Expectation):
    """The widget with this label has been disabled, and can be used again: so pages show that a job is over."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label
        self._widget: Widget | None = None
        self._was_off = False

    def fits(self, message: Message, texts: Sequence[str], document: Document) -> bool:
        """Return whether it can be used after it could not."""
        # Jobs report twenty times a second: the page is not searched every time.
        if self._widget is None or document.models.get(self._widget.model.id) is not self._widget.model:
            self._widget = self._find(document)
        if self._widget is None:
            return False
        self._was_off |= self._widget.disabled
        return self._was_off and not self._widget.disabled

    def _find(self, document: Document) -> Widget | None:
        try:
            return find(document, self.label)
        except LookupError:
            return None

    def __str__(self) -> str:
        return f"the moment in which {self.label!r} can be used again"


class Board:
    """The expectations of one tab: a reader meets them, whoever needs them waits."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._open: list[Expectation] = []
        self._end = ""

    def expect(self, *expected: Expectation) -> None:
        """Begin to look out: before the message is sent that they answer."""
        with self._change:
            self._open += expected

    def forget(self, *expected: Expectation) -> None:
        """No longer look out."""
        with self._change:
            self._open = [one for one in self._open if one not in expected]

    def hear(self, message: Message, texts: Sequence[str], document: Document, at: float) -> None:
        """Show a message to all."""
        with self._change:
            for expected in self._open:
                expected.hear(message, texts, document, at)
            self._change.notify_all()

    def end(self, reason: str) -> None:
        """Tell everybody who waits that nothing more comes."""
        with self._change:
            self._end = reason
            self._change.notify_all()

    def wait(self, *expected: Expectation, until: float) -> float:
        """Wait until these are met, and return when the last was (of time.perf_counter, as ``until``).

        Raises ConnectionLost when nothing more comes, and StepFailed at the end of
        the time, or for an error in any answer that is looked out for.
        """
        began = time.perf_counter()
        with self._change:
            while any(one.met is None for one in expected):
                self._check_problems()
                if self._end:
                    raise ConnectionLost(self._end)
                left = until - time.perf_counter()
                if left <= 0:
                    missing = next(one for one in expected if one.met is None)
                    raise StepFailed(f"{missing} did not come in {until - began:.0f} s")
                self._change.wait(left)
            self._check_problems()
        return max(one.met or 0.0 for one in expected)

    def _check_problems(self) -> None:
        problem = next((one.problem for one in self._open if one.problem), "")
        if problem:
            raise StepFailed(problem)
