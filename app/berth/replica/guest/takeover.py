"""Serves scripts that open a server themselves: their apps are taken, their server is not opened."""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any, ClassVar

import panel
import panel.io.server
from bokeh.application import Application
from panel.io.application import build_applications
from panel.io.server import _path_template_to_tornado_route

from berth.replica.guest.problems import report
from berth.serving import RESERVED, Source, python_text

log = logging.getLogger("berth.dashboard")

FOLLOWED = frozenset({"title", "location", "static_dirs", "extra_patterns"})
"""Arguments of ``pn.serve`` that Berth follows; the others it sets itself."""

MORE_SERVERS = 0.5
"""Seconds that a script which serves in a thread gets to say what else it serves."""


class Served(BaseException):
    """Stops a script at the call that would have served for ever."""


class NoServer:
    """Stands for the thread or server that a call would have returned, and for all that hangs on it."""

    def __getattr__(self, name: str) -> NoServer:
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> NoServer:
        return self


class Taken:
    """What a script wanted to serve: Bokeh applications by path, static folders by route, and routes."""

    def __init__(self, script: Path) -> None:
        self.script = script
        self.applications: dict[str, Application] = {}
        self.static_dirs: dict[str, str] = {}
        self.routes: list[Any] = []
        self.error: BaseException | None = None
        self._called = threading.Event()

    def run(self) -> None:
        """Run the script as ``__main__``, as its author does. Raises what it raises."""
        module = ModuleType("__main__")
        module.__file__ = str(self.script)
        code = compile(python_text(self.script), str(self.script), "exec")
        sys.modules["__main__"] = module
        sys.argv = [str(self.script)]
        sys.path.insert(0, str(self.script.parent))
        with suppress(Served):
            exec(code, module.__dict__)  # noqa: S102  (serving scripts is the point)

    def run_beside(self) -> None:
        """Run the script in a thread of its own, for it serves in another one and may go on for ever."""
        thread = threading.Thread(target=self._run_and_note, name=self.script.name, daemon=True)
        thread.start()
        self._called.wait()
        thread.join(MORE_SERVERS)
        if self.error and not self.applications:
            raise self.error

    def take(self, arguments: dict[str, Any]) -> None:
        """Note what a call of ``pn.serve`` with these arguments would have served."""
        apps = arguments.pop("panels", None) or arguments.pop("panel", None)
        log.info(
            "%s opens a server itself (pn.serve or .show): its apps are taken. %s", self.script.name, _said(arguments)
        )
        named = apps if isinstance(apps, dict) else {self.script.stem: apps}
        options = {name: arguments[name] for name in ("title", "location") if name in arguments}
        for slug, application in build_applications(_checked(named), **options).items():
            self.applications[_path_template_to_tornado_route(slug)] = application
        self.static_dirs.update(_allowed(arguments.get("static_dirs") or {}))
        self.routes += arguments.get("extra_patterns") or []
        self._called.set()

    def _run_and_note(self) -> None:
        try:
            self.run()
        except BaseException as error:  # handed to the thread that waits
            self.error = error
            if self.applications and not isinstance(error, SystemExit):
                report(f"in {self.script.name} after its pn.serve", traceback.format_exc())
        finally:
            self._called.set()


class StandIn:
    """Takes the place of ``pn.serve`` or ``get_server`` in this process."""

    taken: ClassVar[Taken | None] = None
    """The script that is being taken over; None while pages are made."""

    warned: ClassVar[bool] = False

    def __init__(self, original: Callable[..., Any]) -> None:
        self._signature = inspect.signature(original)

    def __call__(self, *args: Any, **kwargs: Any) -> NoServer:
        """Take what would be served. Raises Served where the call would not return."""
        bound = self._signature.bind(*args, **kwargs)
        arguments = {**bound.arguments, **bound.arguments.get("kwargs", {})}
        arguments.pop("kwargs", None)
        if StandIn.taken is None:
            self._say_late()
            return NoServer()
        StandIn.taken.take({name: value for name, value in arguments.items() if not self._default(name, value)})
        bound.apply_defaults()
        if bound.arguments["start"] and not bound.arguments.get("threaded"):
            raise Served
        return NoServer()

    def _default(self, name: str, value: Any) -> bool:
        parameter = self._signature.parameters.get(name)
        return parameter is not None and value is parameter.default

    def _say_late(self) -> None:
        if not StandIn.warned:
            log.warning("A page called pn.serve or .show while it was made: no second server is opened.")
        StandIn.warned = True


def open_no_servers() -> None:
    """Put stand-ins wherever Panel's modules name ``pn.serve`` and ``get_server``, for the life of the process.

    Looking for them touches all of Panel's memory, which a berth then shares no
    longer: it is done before berths are forked. Modules that come later take the
    stand-ins from these.
    """
    originals = (panel.io.server.serve, panel.io.server.get_server)
    stand_ins = {original: StandIn(original) for original in originals if inspect.isfunction(original)}
    if not stand_ins:
        return
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "panel" or module is None:
            continue
        for attribute, value in list(vars(module).items()):
            if inspect.isfunction(value) and value in stand_ins:
                setattr(module, attribute, stand_ins[value])


def take(script: Path) -> Taken:
    """Run a script and return what it wanted to serve. Raises what it raises."""
    taken = Taken(script.absolute())
    StandIn.taken = taken
    try:
        if Source(script).serves_in_thread:
            taken.run_beside()
        else:
            with _no_running_loop():
                taken.run()
    finally:
        StandIn.taken = None
    return taken


@contextmanager
def _no_running_loop() -> Iterator[None]:
    """Let a script call ``asyncio.run``, which it can when its author runs it."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    if task:
        asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio.set_event_loop(loop)
        asyncio._set_running_loop(loop)
        if task:
            asyncio.tasks._enter_task(loop, task)


def _said(arguments: dict[str, Any]) -> str:
    ignored = sorted(set(arguments) - FOLLOWED)
    return f"Berth sets these arguments itself: {', '.join(ignored)}." if ignored else "All its arguments are followed."


def _checked(apps: dict[str, Any]) -> dict[str, Any]:
    for slug, app in apps.items():
        if type(app).__module__.partition(".")[0] == "flask":
            raise ValueError(
                f"{slug} is a Flask application, which Berth does not serve: run it as a server of its own."
            )
        if slug.strip("/") in RESERVED:
            raise ValueError(f"/{slug.strip('/')} is a path of Berth's own: choose another name for this dashboard.")
    return {slug: _guarded(app) if isinstance(app, FunctionType | MethodType) else app for slug, app in apps.items()}


def _allowed(static_dirs: dict[str, str]) -> dict[str, str]:
    for route in static_dirs:
        if route.strip("/") in RESERVED:
            raise ValueError(f"static_dirs: /{route.strip('/')} is a path of Berth's own: choose another route.")
    return static_dirs


def _guarded(app: Callable[[], Any]) -> Callable[[], Any]:
    """Wrap an app function so that what it raises goes to the log and not to the browser."""

    def guarded() -> Any:
        try:
            return app()
        except Exception:
            problem = report("while a page was made", traceback.format_exc())
            return panel.pane.Alert(
                f"This dashboard could not be shown. Its log has the details under **{problem}**.", alert_type="danger"
            )

    return guarded
