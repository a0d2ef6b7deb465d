"""Steps on their way to the folder: each once, with true durations, and told to Locust."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from loadtests.run.folder import COLUMNS
from loadtests.run.recording import Recording
from loadtests.steps import Step


class Fired:
    """Keeps what would go to Locust's statistics."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def fire(self, **request: Any) -> None:
        """Keep it."""
        self.requests.append(request)


@pytest.fixture
def fired() -> Fired:
    return Fired()


@pytest.fixture
def recording(fired: Fired) -> Recording:
    environment: Any = SimpleNamespace(events=SimpleNamespace(request=fired))
    return Recording(environment)


def step(name: str, error: str = "") -> Step:
    return Step(100.0, 0.25, "quick-1", "quick", name, "quick", 12, error)


def test_a_step_is_a_line_with_all_its_columns(recording: Recording) -> None:
    recording.record(step("click Run"))
    (line,) = recording.take()["steps"]
    assert dict(zip(COLUMNS["steps"], line, strict=True)) == {
        "at": 100.0, "seconds": 0.25, "visitor": "quick-1", "persona": "quick",
        "step": "click Run", "work": "quick", "bytes": 12, "error": "",
    }  # fmt: skip


def test_a_line_is_taken_once(recording: Recording) -> None:
    recording.record(step("leave"))
    assert recording.take()
    assert recording.take() == {}


def test_locust_gets_milliseconds_and_the_failure(recording: Recording, fired: Fired) -> None:
    recording.record(step("leave", "the connection broke off"))
    (request,) = fired.requests
    assert (request["request_type"], request["name"], request["response_time"]) == ("quick", "leave", 250.0)
    assert str(request["exception"]) == "the connection broke off"


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([("document", ""), ("document", ""), ("session", "")], 1),
        ([("document", ""), ("WebSocket", "refused"), ("session", "refused")], 1),
        ([("document", ""), ("document", "no answer"), ("session", "no answer")], 1),
        ([("WebSocket", ""), ("document", ""), ("reconnect", "")], 1),
        ([("page", "status 503")], 0),
    ],
)
def test_open_sessions_are_counted_also_where_others_fail(
    recording: Recording, steps: list[tuple[str, str]], left: int
) -> None:
    for name, error in steps:
        recording.record(step(name, error))
    assert recording.sessions == left


def test_places_in_the_queue_are_the_visitors_own(recording: Recording) -> None:
    recording.place("newcomer-3", 2)
    ((_, source, what, value),) = recording.take()["fleet"]
    assert (source, what, value) == ("newcomer-3", "place", 2)
