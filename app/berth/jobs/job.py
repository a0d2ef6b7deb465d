"""A job: a call that runs in a process or a thread of its own, can be watched and be ended."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, Generic, Literal, TypeVar

from berth.errors import JobCancelled, JobFailed
from berth.jobs import parcel, progress
from berth.jobs.launch import Worker
from berth.jobs.queue import Queue
from berth.jobs.worker import reason
from berth.settings import Settings

T = TypeVar("T")
State = Literal["queued", "running", "done", "failed", "cancelled"]

log = logging.getLogger("berth.jobs")

queue = Queue(Settings().max_jobs)
"""All jobs of this process. A berth sets the limit that its settings say."""

CANCELLED = "It was cancelled."


def run(function: Callable[..., T], *args: Any, kind: str = "process", **kwargs: Any) -> Job[T]:
    """Start ``function(*args, **kwargs)`` as a job and return it; ``await job`` gives the result.

    ``kind="process"`` is for computing: the call and its arguments are copied
    to a process of its own. ``kind="thread"`` is for waiting, on a database or
    another server: everything is shared, and a cancelled job goes on until it
    reports progress. A job ends with the session in which it was started.

    Raises JobFailed if something cannot be sent to a process, and ValueError
    for another kind.
    """
    if kind not in ("process", "thread"):
        raise ValueError(f"kind={kind!r} is unknown: it is 'process' or 'thread'")
    name = getattr(function, "__name__", type(function).__name__).strip("_<>").replace("_", " ")
    job: Job[T]
    if kind == "process":
        job = ProcessJob(name, parcel.pack_call(function, args, kwargs))
    else:
        context = contextvars.copy_context()
        job = ThreadJob(name, lambda: context.run(function, *args, **kwargs))
    _end_with_session(job)
    queue.add(job)
    return job


class Job(Generic[T]):
    """One call.

    ``state`` goes ``queued`` → ``running`` → ``done``, ``failed`` or
    ``cancelled``. ``progress`` is from 0 to 1, None as long as nothing was
    reported; ``text`` is what was reported with it; ``error`` is the reason in
    words if there is no result. ``name`` is for the visitor.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: State = "queued"
        self.progress: float | None = None
        self.text = ""
        self.error = ""
        self._began = 0.0
        self._ended = 0.0
        self._future: Future[T] = Future()
        self._watchers: list[Callable[[Job[T]], object]] = []
        self._lock = threading.Lock()

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for the result. Raises JobFailed or JobCancelled."""
        return asyncio.wrap_future(_following(self._future)).__await__()

    @property
    def finished(self) -> bool:
        """Whether it is over, well or not."""
        return self.state in ("done", "failed", "cancelled")

    @property
    def place(self) -> int:
        """Place in the queue, from 1; 0 when it does not wait."""
        return queue.place(self)

    @property
    def seconds(self) -> float:
        """How long it has run, or ran."""
        if not self._began:
            return 0.0
        return (self._ended or time.monotonic()) - self._began

    @property
    def left(self) -> float | None:
        """Estimate of the seconds that it still needs; None if there is none."""
        if self.state != "running" or not self.progress:
            return None
        return self.seconds * (1 - self.progress) / self.progress

    def result(self) -> T:
        """Return the result. Raises JobFailed, JobCancelled, or RuntimeError while there is none."""
        if not self.finished:
            raise RuntimeError(f"{self.name} is not finished: await the job")
        return self._future.result()

    def on_change(self, watcher: Callable[[Job[T]], object]) -> None:
        """Call ``watcher(job)`` from another thread when something changes, some twenty times a second at most."""
        self._watchers.append(watcher)

    def cancel(self) -> None:
        """End it now; nothing happens if it is over."""
        if self._end("cancelled", JobCancelled(CANCELLED)):
            threading.Thread(target=self._clear_up, name=f"end of job {self.name}").start()

    def begin(self) -> None:
        """Start to run; the queue says when."""
        with self._lock:
            if self.finished:
                return
            self.state = "running"
            self._began = time.monotonic()
        threading.Thread(target=self._live, name=f"job {self.name}", daemon=True).start()
        self.moved()

    def moved(self) -> None:
        """Tell all watchers that something has changed."""
        for watcher in self._watchers:
            try:
                watcher(self)
            except Exception:
                log.exception("a watcher of the job %s failed", self.name)

    def _live(self) -> None:
        try:
            self._succeed(self._work())
        except JobFailed as error:
            self._fail(str(error))
        except JobCancelled:
            self.cancel()
        except BaseException as error:
            self._fail(reason(error), traceback.format_exc())
        finally:
            self._clear_up()
            self._close()

    def _clear_up(self) -> None:
        self._stop()
        queue.leave(self)
        self.moved()

    def _work(self) -> T:
        raise NotImplementedError

    def _stop(self) -> None:
        """End what runs."""

    def _close(self) -> None:
        """Give back what is needed no more, as the last thing that the job's own thread does."""

    def _report(self, fraction: float, text: str) -> None:
        if not self.finished:
            self.progress, self.text = fraction, text
            self.moved()

    def _succeed(self, result: T) -> None:
        if self._end("done"):
            self.progress = 1.0
            self._future.set_result(result)

    def _fail(self, why: str, trace: str = "") -> None:
        if self._end("failed", JobFailed(why)):
            log.error("the job %s failed after %.1f s: %s", self.name, self.seconds, trace or why)

    def _end(self, state: State, error: Exception | None = None) -> bool:
        """Take the final state; return whether this was the first call that did."""
        with self._lock:
            if self.finished:
                return False
            self.state = state
            self._ended = time.monotonic()
        if error:
            self.error = str(error)
            self._future.set_exception(error)
        return True


class ProcessJob(Job[T]):
    """A call in a process of its own."""

    def __init__(self, name: str, call: bytes) -> None:
        super().__init__(name)
        self._call = call
        self._worker: Worker | None = None

    def _work(self) -> T:
        worker = self._worker = Worker(f"berth-job {self.name}")
        if self.finished:
            raise JobCancelled
        try:
            worker.connection.send_bytes(self._call)
            self._call = b""
            return self._listen(worker)
        except (EOFError, OSError):
            raise JobFailed(_why_it_died(worker.end())) from None

    def _listen(self, worker: Worker) -> T:
        while True:
            kind, *said = parcel.receive(worker.connection)
            if kind == "report":
                self._report(*said)
            elif kind == "done":
                result: T = said[0]
                return result
            else:
                self._fail(*said)
                raise JobFailed(self.error)

    def _stop(self) -> None:
        if self._worker:
            self._worker.end()

    def _close(self) -> None:
        if self._worker:
            self._worker.close()


class ThreadJob(Job[T]):
    """A call in a thread of its own, which cannot be ended from outside: its next report does."""

    def __init__(self, name: str, call: Callable[[], T]) -> None:
        super().__init__(name)
        self._call = call

    def _work(self) -> T:
        reporter = progress.Reporter(self._report, lambda: self.finished)
        progress.use_in_thread(reporter)
        try:
            return self._call()
        finally:
            reporter.close()


def _why_it_died(code: int) -> str:
    if code == -9:
        return "Its process was killed; most often the system had too little memory."
    if code < 0:
        return f"Its process was ended by signal {-code}."
    return f"Its process ended without a word (exit code {code})."


def _following(future: Future[T]) -> Future[T]:
    """Return a future with the same outcome: whoever awaits may be cancelled without the job."""
    follower: Future[T] = Future()

    def follow(done: Future[T]) -> None:
        if not follower.set_running_or_notify_cancel():
            return
        error = done.exception()
        if error:
            follower.set_exception(error)
        else:
            follower.set_result(done.result())

    future.add_done_callback(follow)
    return follower


_of_document: weakref.WeakKeyDictionary[Any, weakref.WeakSet[Job[Any]]] = weakref.WeakKeyDictionary()


def _end_with_session(job: Job[Any]) -> None:
    panel = sys.modules.get("panel")
    document = panel.state.curdoc if panel else None
    if document is None or document.session_context is None:
        return
    if document not in _of_document:
        _of_document[document] = weakref.WeakSet()
        document.on_session_destroyed(_cancel_all)
    _of_document[document].add(job)


def _cancel_all(session_context: Any) -> None:
    for job in _of_document.pop(session_context._document, ()):
        job.cancel()
