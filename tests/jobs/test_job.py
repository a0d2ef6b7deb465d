"""Jobs, in real processes and threads, without Panel."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

import berth
from berth.errors import JobCancelled, JobFailed
from berth.jobs.job import Job, queue
from tests.jobs import work
from tests.support.processes import runs


@pytest.fixture(autouse=True)
def two_at_once() -> Iterator[None]:
    """Each test starts with an empty queue, and leaves one."""
    queue.limit = 2
    yield
    until(lambda: not queue.busy)


def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "not so in time"
        time.sleep(0.01)


def outcome(job: Job[Any]) -> Any:
    """Wait for a job's result."""

    async def wait() -> Any:
        return await job

    return asyncio.run(wait())


def gone(*pids: int) -> bool:
    """Whether none of these processes runs."""
    return not any(runs(pid) for pid in pids)


@pytest.mark.parametrize("kind", ["process", "thread"])
def test_the_result_is_awaited(kind: str) -> None:
    """It stands in the job afterwards, too."""
    job = berth.run(work.double, 21, kind=kind)
    assert outcome(job) == 42
    assert (job.state, job.result(), job.progress, job.error, job.left) == ("done", 42, 1.0, "", None)
    assert job.seconds > 0


def test_several_may_wait_and_one_that_gives_up_does_not_end_the_job() -> None:
    """Whoever awaits only looks on."""

    async def wait() -> tuple[Any, Any]:
        job = berth.run(work.steps, 5, 0.05)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(_result(job)), 0.01)
        return tuple(await asyncio.gather(_result(job), _result(job)))

    assert asyncio.run(wait()) == (5, 5)


async def _result(job: Job[Any]) -> Any:
    return await job


def test_a_job_is_a_polite_process_of_its_own() -> None:
    """Nice, first to be killed where memory runs out, leader of its group, with luck of its own."""
    one, other = outcome(berth.run(work.who)), outcome(berth.run(work.who))
    assert one["pid"] != other["pid"]
    assert one["group"] == one["pid"]
    assert (one["nice"], one["score"]) == (19, 800)
    assert one["luck"] != other["luck"]


def test_functions_that_no_module_has_can_run() -> None:
    """A lambda with what it closes over."""
    factor = 3
    assert outcome(berth.run(lambda number: number * factor, 4)) == 12


def test_progress_arrives_in_order_and_ends_at_the_end() -> None:
    """With its text; a job may report much faster than anybody wants to know."""
    job = berth.run(work.steps, 10_000)
    seen: list[float] = []
    job.on_change(lambda changed: seen.append(changed.progress or 0.0))
    assert outcome(job) == 10_000
    until(lambda: not queue.busy)
    assert seen == sorted(seen)
    assert len(seen) < 2_000
    assert seen[-1] == job.progress == 1.0
    assert job.text == "step 9999"


def test_a_job_that_reports_can_say_how_long_it_needs() -> None:
    """By the share that is done."""
    job = berth.run(work.steps, 20, 0.1)
    until(lambda: (job.progress or 0) >= 0.2)
    assert job.left == pytest.approx(job.seconds * (1 - job.progress) / job.progress, rel=0.2)  # type: ignore[operator]
    job.cancel()


def test_a_child_of_a_job_does_not_garble_its_reports() -> None:
    """What was forked has the line, but not the right to use it."""
    assert outcome(berth.run(work.fork_and_report)) == 0.5


def test_reporting_outside_of_a_job_does_nothing() -> None:
    """So that the same function can be called directly."""
    assert work.steps(3) == 3


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (work.fail, "LookupError: there is no column 'prize'"),
        (work.exhaust, "There was not enough memory for it."),
        (work.be_killed, "Its process was killed; most often the system had too little memory."),
        (work.leave, "It ended itself (exit code 3)."),
        (work.crash, "Its process ended without a word (exit code 7)."),
    ],
)
def test_a_job_that_fails_says_why(function: Callable[[], Any], reason: str) -> None:
    """In words, and to everybody who waits."""
    job = berth.run(function)
    with pytest.raises(JobFailed) as failed:
        outcome(job)
    assert (str(failed.value), job.error, job.state) == (reason, reason, "failed")
    with pytest.raises(JobFailed):
        job.result()


def test_a_failing_thread_says_why() -> None:
    """As a process does."""
    job = berth.run(work.fail, kind="thread")
    with pytest.raises(JobFailed, match="no column 'prize'"):
        outcome(job)


def test_the_traceback_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """With the line that raised."""
    job = berth.run(work.fail)
    with pytest.raises(JobFailed):
        outcome(job)
    until(lambda: "the job fail failed after" in caplog.text)  # said after the result is there
    assert "work.py" in caplog.text


def test_a_result_that_cannot_be_sent_is_named() -> None:
    """By its type."""
    job = berth.run(work.generate)
    with pytest.raises(JobFailed, match=r"Its result, of type generator, cannot be sent back: .*generator"):
        outcome(job)


def test_half_a_gigabyte_comes_back() -> None:
    """As it was, and writable."""
    array = outcome(berth.run(work.fill, 500))
    assert array.nbytes == 500 * 2**20
    assert array[0] == array[-1] == 1.5
    array[0] = 0


@pytest.mark.parametrize(
    ("call", "culprit"),
    [
        (lambda: berth.run(work.double, threading.Lock()), "its argument 'number' (of type lock: "),
        (lambda: berth.run(work.steps, 1, pause=threading.Lock()), "its argument 'pause' (of type lock: "),
        (lambda: berth.run(max, 1, (n for n in ())), "its argument 2 (of type generator: "),
        (lambda: berth.run(threading.Lock().acquire), "the function itself (a function: "),
    ],
)
def test_what_cannot_be_sent_is_named_at_once(call: Callable[[], Any], culprit: str) -> None:
    """Before anything starts, with the way out."""
    with pytest.raises(JobFailed) as failed:
        call()
    assert culprit in str(failed.value)
    assert str(failed.value).endswith('make it inside the function, or use kind="thread".')
    assert not queue.busy


def test_an_unknown_kind_is_refused() -> None:
    """With the known ones."""
    with pytest.raises(ValueError, match="kind='fiber' is unknown: it is 'process' or 'thread'"):
        berth.run(work.double, 1, kind="fiber")


def test_cancelling_ends_the_process_and_all_that_it_started(tmp_path: Path) -> None:
    """Those in its group and those that left it."""
    pids = tmp_path / "pids"
    job = berth.run(work.have_children, pids)
    until(lambda: pids.exists() and len(pids.read_text().split()) == 3)
    everybody = [int(pid) for pid in pids.read_text().split()]
    job.cancel()
    job.cancel()
    with pytest.raises(JobCancelled):
        outcome(job)
    until(lambda: gone(*everybody), 5)
    assert (job.state, job.error) == ("cancelled", "It was cancelled.")


def test_a_cancelled_thread_ends_at_its_next_report() -> None:
    """And is cancelled for those who wait at once."""
    job = berth.run(work.steps, 1000, 0.01, kind="thread")
    until(lambda: job.progress)
    job.cancel()
    with pytest.raises(JobCancelled):
        outcome(job)
    until(lambda: not any(thread.name == "job steps" for thread in threading.enumerate()))


def test_a_job_that_is_over_cannot_be_cancelled() -> None:
    """It keeps its result."""
    job = berth.run(work.double, 1)
    outcome(job)
    job.cancel()
    assert (job.state, job.result()) == ("done", 2)


def test_more_than_the_limit_wait_in_order() -> None:
    """Each knows its place; who gives up is skipped."""
    queue.limit = 1
    first, second, third, fourth = (berth.run(work.steps, 20, 0.05) for _ in range(4))
    until(lambda: first.state == "running")
    assert [job.place for job in (first, second, third, fourth)] == [0, 1, 2, 3]
    moved: list[int] = []
    fourth.on_change(lambda job: moved.append(job.place))
    third.cancel()
    until(lambda: fourth.place == 2)
    assert moved == [2]
    first.cancel()
    until(lambda: second.state == "running")
    assert (third.state, fourth.place) == ("cancelled", 1)
    second.cancel()
    fourth.cancel()


def test_the_result_of_an_unfinished_job_is_an_error() -> None:
    """Which says what to do."""
    job = berth.run(work.steps, 100, 0.1)
    with pytest.raises(RuntimeError, match="await the job"):
        job.result()
    job.cancel()


def test_a_watcher_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The log has it."""
    job = berth.run(work.steps, 3, 0.06)
    job.on_change(lambda changed: 1 / 0)
    assert outcome(job) == 3
    assert "a watcher of the job steps failed" in caplog.text


def test_a_thread_sees_the_context_of_its_caller() -> None:
    """As ``pn.state.curdoc`` needs."""
    variable: ContextVar[str] = ContextVar("variable")
    variable.set("here")
    assert outcome(berth.run(variable.get, kind="thread")) == "here"


def test_what_a_job_prints_comes_out_here(capfd: pytest.CaptureFixture[str]) -> None:
    """On the standard output that this process has now."""
    outcome(berth.run(work.write, "printed by a job"))
    assert "printed by a job" in capfd.readouterr().out


def test_a_job_may_use_processes_itself() -> None:
    """With a pool, as numerical code does."""
    assert outcome(berth.run(work.spread, [1.0, 2.0])) == [2.0, 4.0]


def test_a_main_script_without_a_guard_is_not_run_again(tmp_path: Path) -> None:
    """Its functions come by value, so that the usual ``if __name__ == "__main__"`` is not needed."""
    script = tmp_path / "unguarded.py"
    script.write_text(
        "import asyncio, berth\nprint('runs', flush=True)\n"
        "def double(number):\n    return number * factor\nfactor = 2\n"
        "async def main():\n    print(await berth.run(double, 21))\nasyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.split() == ["runs", "42"]
