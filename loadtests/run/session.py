"""One run of Locust, from its options to its report: in one process, or as master with workers."""

from __future__ import annotations

import logging
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import gevent
from locust import events
from locust.env import Environment
from locust.runners import STATE_RUNNING, STATE_SPAWNING, MasterRunner, WorkerRunner

from berth.errors import ConfigurationError
from loadtests.run import options
from loadtests.run.fleet import watch_fleet
from loadtests.run.folder import COLUMNS, Folder, Rows
from loadtests.run.gauge import watch_client
from loadtests.run.handover import Gathering, hand_over
from loadtests.run.options import Options
from loadtests.run.recording import Recording
from loadtests.surroundings import surroundings

log = logging.getLogger("loadtests")

PACKAGES = ("panel-berth", "locust", "gevent", "websocket-client")
KEY = "loadtests"
"""Under which a worker's lines go to the master."""

INTERVAL = 1.0

STEP, ERROR = (COLUMNS["steps"].index(name) for name in ("step", "error"))
"""Where they stand in a line."""

Result = TypeVar("Result")


class Session:
    """What belongs to one run in one process. ``folder`` is None in a worker, whose master has it."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.options = Options.of(environment)
        self.recording = Recording(environment)
        self.folder: Folder | None = None
        self.began = time.time()
        self.visitors = 0
        self.stopped = ""
        self.failures = 0
        self.opened = 0
        self._greenlets: list[gevent.Greenlet] = []

    def begin(self) -> None:
        """Begin to watch, and to write where this process has the folder."""
        runner = self.environment.runner
        if not isinstance(runner, WorkerRunner):
            self.folder = Folder(self.options.report)
            self.folder.describe(self._about(None))
            self._spawn(self._write)
            self._spawn(watch_fleet, self.recording, self.options.watch, self.options.watch_pid)
        if not isinstance(runner, MasterRunner):
            self._spawn(watch_client, self.recording, self.worker)
        if isinstance(runner, MasterRunner):
            gathering = Gathering(runner, self.add)
            self.environment.events.test_stopping.add_listener(lambda **_: gathering.gather())
        elif isinstance(runner, WorkerRunner):
            hand_over(runner, self.recording.take)

    @property
    def worker(self) -> str:
        """The name of this client process."""
        runner = self.environment.runner
        return f"worker {runner.worker_index}" if isinstance(runner, WorkerRunner) else "client"

    def end(self) -> int:
        """Let visitors leave, write the rest and the report; return the exit code.

        It is the report's, or 1 where steps failed and no thresholds allow
        that, where none of them opened a page, or where a scenario itself raised.
        """
        self._stop()
        gevent.killall(self._greenlets)
        if not self.folder:
            return int(self._raised)
        self.add(self.recording.take())
        self.folder.describe(self._about(time.time()))
        self.folder.close()
        # Needs matplotlib, which visitors do not.
        from loadtests.report import write

        code = write(self.options.report, self.options.thresholds)
        # Where nobody came in, all thresholds are kept.
        failed = self.failures > 0 and (self.options.thresholds is None or not self.opened)
        return code or int(failed or self._raised)

    def add(self, rows: Rows | None) -> None:
        """Write lines, of this process or of a worker."""
        if self.folder and rows:
            steps = rows.get("steps", ())
            self.failures += sum(bool(step[ERROR]) for step in steps)
            self.opened += sum(step[STEP] == "open" and not step[ERROR] for step in steps)
            self.folder.add(rows)

    @property
    def _raised(self) -> bool:
        """Whether anything but a failed step ended a visitor's task."""
        runner = self.environment.runner
        return bool(runner and runner.exceptions)

    def _stop(self) -> None:
        """Stop the visitors, whom Locust would stop only after the report; workers send their last lines meanwhile."""
        runner = self.environment.runner
        if runner and runner.state in (STATE_SPAWNING, STATE_RUNNING):
            self.stopped = f"by a signal, with {runner.user_count} visitors there"
        if runner:
            runner.quit()

    def _write(self) -> None:
        while True:
            gevent.sleep(INTERVAL)
            runner = self.environment.runner
            self.visitors = max(self.visitors, runner.user_count if runner else 0)
            self.add(self.recording.take())

    def _spawn(self, function: Any, *arguments: Any) -> None:
        self._greenlets.append(gevent.spawn(function, *arguments))

    def _about(self, ended: float | None) -> dict[str, Any]:
        return {
            "scenario": self.options.scenario,
            "began": self.began,
            "ended": ended,
            "host": self.environment.host or "",
            "path": str(getattr(self.environment.parsed_options, "page", "/")),
            "visitors": self.visitors,
            "options": self.options.given,
            "machine": {name: surroundings()[name] for name in ("machine", "system")},
            "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
            "stopped": self.stopped,
            "label": self.options.label,
        }


_sessions: WeakKeyDictionary[Environment, Session] = WeakKeyDictionary()


def session_of(environment: Environment) -> Session:
    """Return the run that an environment belongs to."""
    return _sessions[environment]


def or_exit(work: Callable[..., Result], *arguments: Any) -> Result:
    """Return what ``work`` returns; end the process with 2 for bad input, before anything starts."""
    try:
        return work(*arguments)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        # Of anything else that a listener raises Locust makes a line in its log.
        raise SystemExit(2) from None


@events.init_command_line_parser.add_listener
def _declare(parser: Any) -> None:
    options.add(parser)


@events.init.add_listener
def _begin(environment: Environment, **_: Any) -> None:
    session = _sessions[environment] = or_exit(Session, environment)
    or_exit(session.begin)


@events.report_to_master.add_listener
def _send(client_id: str, data: dict[str, Any]) -> None:
    for session in _sessions.values():
        data[KEY] = session.recording.take()


@events.worker_report.add_listener
def _receive(client_id: str, data: dict[str, Any]) -> None:
    for session in _sessions.values():
        session.add(data.get(KEY))


@events.quitting.add_listener
def _end(environment: Environment, **_: Any) -> None:
    session = _sessions.get(environment)
    if session and environment.process_exit_code is None:
        environment.process_exit_code = session.end()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
