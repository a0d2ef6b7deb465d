"""A job's process, from outside."""

from __future__ import annotations

import signal

from berth.jobs.launch import Worker


def test_a_process_that_has_only_been_forked_can_be_ended() -> None:
    """It has had no time to lead a group of its own, and waits for a call that never comes."""
    for _ in range(20):
        worker = Worker("early")
        assert worker.end() == -signal.SIGKILL
        worker.close()
