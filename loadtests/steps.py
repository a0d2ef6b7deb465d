"""What a visitor does, step by step, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

import requests
import websocket

from loadtests.protocol import ProtocolError

Work = Literal["quick", "heavy", ""]
"""What kind of task a step measured: quick ones are compared beside and without heavy ones of others."""


LONGEST = 300
"""Characters of an error that are kept."""


class StepFailed(Exception):
    """A step did not do what it should; the sentence says what the server said or did instead."""


class ConnectionLost(StepFailed):
    """The WebSocket ended though nobody had left the page."""


@dataclass(frozen=True)
class Step:
    """One step of one visitor.

    ``at`` is when it began (s since the epoch), ``seconds`` its true duration,
    ``size`` what it received (bytes, 0 if unknown), ``error`` empty or what went wrong.
    """

    at: float
    seconds: float
    visitor: str
    persona: str
    name: str
    work: Work = ""
    size: int = 0
    error: str = ""


class Recorder(Protocol):
    """Gets what visitors do."""

    def record(self, step: Step) -> None:
        """Take a step that has ended."""

    def place(self, visitor: str, place: int) -> None:
        """Take the place in the queue that a waiting visitor was told."""


class Timer:
    """A step that runs. Set ``ended`` (of time.perf_counter) where the true end is known, and ``size``."""

    def __init__(self) -> None:
        self.at = time.time()
        self.began = time.perf_counter()
        self.ended: float | None = None
        self.size = 0

    @property
    def seconds(self) -> float:
        """The time from the beginning to the end, or until now."""
        return (time.perf_counter() if self.ended is None else self.ended) - self.began


class Diary:
    """Times one visitor's steps and hands them to a recorder."""

    def __init__(self, recorder: Recorder, visitor: str, persona: str) -> None:
        self.recorder = recorder
        self.visitor = visitor
        self.persona = persona

    @contextmanager
    def step(self, name: str, work: Work = "", limit: float = 0.0) -> Iterator[Timer]:
        """Time what is done within. Every failure is recorded in words and raised as StepFailed.

        ``limit`` (s) is what the step allows itself, 0 where that is the visitor's limit; for those who bound steps.
        """
        timer = Timer()
        try:
            yield timer
        except FAILURES as error:
            self.write(timer, name, work, in_words(error))
            if isinstance(error, StepFailed):
                raise
            raise StepFailed(in_words(error)) from error
        self.write(timer, name, work)

    def write(self, timer: Timer, name: str, work: Work = "", error: str = "") -> None:
        """Record a step that ends now."""
        step = Step(timer.at, timer.seconds, self.visitor, self.persona, name, work, timer.size, error)
        self.recorder.record(step)


FAILURES = (
    StepFailed,
    ProtocolError,
    OSError,
    requests.RequestException,
    websocket.WebSocketException,
    LookupError,
    UnicodeError,
)
"""What a server, the network or the page can do to a visitor. Anything else is a defect of ours and is not caught."""


def in_words(error: BaseException) -> str:
    """Return what went wrong in one line; what libraries nest is unwrapped, since the innermost says it."""
    while isinstance(error, requests.RequestException) and (error.__context__ or error.__cause__):
        error = error.__cause__ or error.__context__ or error
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, websocket.WebSocketConnectionClosedException):
        return "the connection broke off"
    ours = isinstance(error, StepFailed | ProtocolError | LookupError)
    return text[:LONGEST] if ours else f"{type(error).__name__}: {text}"[:LONGEST]
