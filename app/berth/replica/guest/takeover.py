"""Serves scripts that open a server themselves: their apps are taken, their server is not opened."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

import panel
import panel.io.server
from bokeh.application import Application
from panel.io.application import build_applications

from berth.replica.guest.problems import report
from berth.serving import python_text

log = logging.getLogger("berth.dashboard")

KEPT = frozenset({"title", "location", "static_dirs"})
"""Arguments of ``pn.serve`` that Berth follows; the others it sets itself."""


class Served(BaseException):
    """Stops a script at the call that would have served for ever."""


class NoServer:
    """Stands for the thread or server that the call would have returned."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None


class Taken:
    """What a script wanted to serve: Bokeh applications by path, and static folders by route."""

    def __init__(self, script: Path) -> None:
        self.script = script
        self.applications: dict[str, Application] = {}
        self.static_dirs: dict[str, str] = {}

    def serve(self, panels: Any, *args: Any, **kwargs: Any) -> NoServer:
        """Take the place of ``pn.serve``."""
        ignored = sorted(set(kwargs) - KEPT)
        log.info(
            "%s calls pn.serve: Berth serves its apps and sets these arguments itself: %s",
            self.script.name,
            ", ".join(ignored) or "none",
        )
        kept = {name: kwargs[name] for name in ("title", "location") if kwargs.get(name) is not None}
        named = panels if isinstance(panels, dict) else {self.script.stem: panels}
        self.applications.update(build_applications(_guard_all(named), **kept))
        self.static_dirs.update(kwargs.get("static_dirs") or {})
        if kwargs.get("start", True) and not kwargs.get("threaded"):
            raise Served
        return NoServer()

    def run(self) -> None:
        """Run the script as ``__main__``, as its author does. Raises what it raises."""
        module = ModuleType("__main__")
        module.__file__ = str(self.script)
        sys.modules["__main__"] = module
        sys.path.insert(0, str(self.script.parent))
        code = compile(python_text(self.script), str(self.script), "exec")
        with suppress(Served):
            exec(code, module.__dict__)  # noqa: S102  (serving scripts is the point)


def take(script: Path) -> Taken:
    """Run a script and return what it wanted to serve. Raises what it raises."""
    taken = Taken(script.absolute())
    _replace({panel.io.server.serve: taken.serve, panel.io.server.get_server: taken.serve})
    taken.run()
    return taken


def _replace(stand_ins: dict[Callable[..., Any], Callable[..., Any]]) -> None:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "panel" or module is None:
            continue
        for attribute, value in list(vars(module).items()):
            if callable(value) and _known(value) in stand_ins:
                setattr(module, attribute, _Remembering(_known(value), stand_ins[_known(value)]))


class _Remembering:
    """A stand-in that knows what it replaced, so that the next script can replace it again."""

    def __init__(self, original: Callable[..., Any], stand_in: Callable[..., Any]) -> None:
        self.original = original
        self.stand_in = stand_in

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.stand_in(*args, **kwargs)


def _known(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return None
    return value.original if isinstance(value, _Remembering) else value


def _guard_all(panels: dict[str, Any]) -> dict[str, Any]:
    return {slug: _guarded(app) if isinstance(app, FunctionType | MethodType) else app for slug, app in panels.items()}


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
