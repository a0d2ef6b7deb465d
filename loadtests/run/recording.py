"""What visitors of this process did, until somebody takes it to the run's folder."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from loadtests.run.folder import Rows
from loadtests.steps import Step, StepFailed

if TYPE_CHECKING:
    from locust.env import Environment


class Recording:
    """Gets the steps of all visitors of one process; Locust's own statistics get them, too.

    ``sessions`` are the tabs that are open.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._rows: dict[str, list[Any]] = {}
        self.sessions = 0

    def record(self, step: Step) -> None:
        """Take a step that has ended."""
        self._count(step)
        self.note("steps", *_cells(step))
        self._environment.events.request.fire(
            request_type=step.persona,
            name=step.name,
            response_time=1000 * step.seconds,
            response_length=step.size,
            exception=StepFailed(step.error) if step.error else None,
            context={},
        )

    def place(self, visitor: str, place: int) -> None:
        """Take the place in the queue that a waiting visitor was told."""
        self.note("fleet", time.time(), visitor, "place", place)

    def note(self, file: str, *cells: Any) -> None:
        """Take a line of one of the folder's files."""
        self._rows.setdefault(file, []).append(cells)

    def take(self) -> Rows:
        """Return what has come since the last call."""
        rows, self._rows = self._rows, {}
        return rows

    def _count(self, step: Step) -> None:
        # A tab that could not connect ends like any other, by a step of its own.
        if step.name == "document" or (step.name == "WebSocket" and step.error):
            self.sessions += 1
        elif step.name == "session":
            self.sessions -= 1


def _cells(step: Step) -> tuple[Any, ...]:
    at, seconds = round(step.at, 6), round(step.seconds, 6)
    return at, seconds, step.visitor, step.persona, step.name, step.work, step.size, step.error
