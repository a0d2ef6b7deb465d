"""The order in which visitors wait."""

from __future__ import annotations

import pytest

from berth.lobby import queue as queue_module
from berth.lobby.queue import GRACE, Page, Queue, QueueFull
from berth.tickets import Visitor


class PaperPage:
    """A page that says nothing."""

    def tell(self, **message: object) -> None:
        """Say nothing."""

    def go(self) -> None:
        """Stay."""

    def close(self, code: int) -> None:
        """Stay open."""


def waiting(*arrivals: tuple[str, float]) -> Queue:
    """Return a queue of those visitors."""
    queue = Queue()
    for name, arrived in arrivals:
        queue.join(Visitor(name, "u"), arrived, 0.0)
    return queue


def names(queue: Queue) -> list[str]:
    """Return who waits, in order."""
    return [entry.visitor.id for entry in queue]


def test_the_arrival_and_not_the_connection_makes_the_order() -> None:
    """Somebody who came earlier but connects later stands before."""
    assert names(waiting(("b", 20.0), ("c", 30.0), ("a", 10.0))) == ["a", "b", "c"]


def test_joining_again_changes_nothing() -> None:
    """A page that is loaded again keeps the place, whatever arrival it claims."""
    queue = waiting(("a", 10.0), ("b", 20.0))
    queue.join(Visitor("b", "u"), 1.0, 0.0)
    assert names(queue) == ["a", "b"]


def test_who_has_no_page_open_leaves_after_the_grace() -> None:
    """And who has one open never does."""
    queue = waiting(("a", 10.0), ("b", 20.0))
    page: Page = PaperPage()
    entry = queue.get(Visitor("a", "u"))
    assert entry
    queue.open(entry, page)
    queue.expire(GRACE + 0.1)
    assert names(queue) == ["a"]
    queue.close(entry, page, 100.0)
    queue.expire(100.0 + GRACE - 0.1)
    assert names(queue) == ["a"]
    queue.expire(100.0 + GRACE + 0.1)
    assert names(queue) == []


def test_only_the_first_has_nobody_before() -> None:
    """A newcomer never overtakes, and the head of the queue is not held up by itself."""
    queue = waiting(("a", 10.0), ("b", 20.0))
    before = [queue.waits_before(Visitor(name, "u")) for name in ("a", "b", "new")]
    assert before == [False, True, True]
    assert not Queue().waits_before(Visitor("a", "u"))


def test_the_queue_and_its_pages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has an end, so has the queue."""
    monkeypatch.setattr(queue_module, "LONGEST", 2)
    monkeypatch.setattr(queue_module, "MOST_PAGES", 1)
    queue = waiting(("a", 10.0), ("b", 20.0))
    with pytest.raises(QueueFull):
        queue.join(Visitor("c", "u"), 30.0, 0.0)
    entry = queue.get(Visitor("a", "u"))
    assert entry
    queue.open(entry, PaperPage())
    with pytest.raises(QueueFull):
        queue.open(entry, PaperPage())
