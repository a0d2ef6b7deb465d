"""Makes Bokeh applications of the scripts, and runs each once so that no visitor waits for imports."""

from __future__ import annotations

import ast
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from bokeh.application import Application
from bokeh.document import Document
from panel.io.application import build_single_handler_application
from panel.io.document import _cleanup_doc
from panel.io.session import generate_session
from panel.io.state import set_curdoc, state

from berth.replica.guest.problems import where
from berth.replica.guest.takeover import take
from berth.serving import Serving, Source, main_file
from berth.status import App

UNTITLED = ("Panel Application", "Bokeh Application")


class ScriptFailed(Exception):
    """A script that cannot be served; the text is one sentence."""


@dataclass
class Applications:
    """What a berth serves: Bokeh applications by path, static folders by route, and what failed by script."""

    by_path: dict[str, Application] = field(default_factory=dict)
    script_of: dict[str, str] = field(default_factory=dict)
    static_dirs: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def described(self) -> list[dict[str, Any]]:
        """Return path and title of all that ran, as berth.status.App has them."""
        return [asdict(App(path, self.titles[path])) for path in self.by_path if path in self.titles]


def build(serving: Serving) -> Applications:
    """Read all scripts. Those that open a server themselves run here."""
    made = Applications(static_dirs=dict(serving.static_dirs))
    for script in serving.scripts:
        try:
            _build_one(script, made)
        except Exception as error:
            made.failed[script] = _sentence(script, error)
    return made


def warm(made: Applications) -> None:
    """Run every application once, as ``panel serve --warm`` does, and note titles and failures."""
    for path, application in made.by_path.items():
        script = made.script_of[path]
        try:
            made.titles[path] = _run_once(application, script, path)
        except Exception as error:
            made.failed[script] = _sentence(script, error)


def run_setup(path: str) -> None:
    """Run the ``--setup`` script, whose names live on as Panel keeps them. Raises what it raises."""
    module = ModuleType("panel_setup_module")
    module.__file__ = str(Path(path).absolute())
    state._setup_module = module
    exec(compile(Path(path).read_text(encoding="utf-8"), module.__file__, "exec"), module.__dict__)  # noqa: S102  (--setup is code)


def _build_one(script: str, made: Applications) -> None:
    main = main_file(Path(script))
    if Source(main).opens_server:
        taken = take(main)
        applications = taken.applications
        made.static_dirs.update(taken.static_dirs)
        if not applications:
            raise ScriptFailed(f"{main.name} ran to its end without serving anything.")
    else:
        application = build_single_handler_application(script)
        applications = {application.handlers[0].url_path() or f"/{Path(script).stem}": application}
    for path, application in applications.items():
        made.by_path[path] = application
        made.script_of[path] = script


def _run_once(application: Application, script: str, path: str) -> str:
    session = generate_session(application)
    document = session.document
    try:
        failed = next((handler for handler in application.handlers if handler.failed), None)
        if failed:
            raise ScriptFailed(where(failed.error_detail or failed.error or "", script))
        if not document.roots and document not in state._templates:
            raise ScriptFailed(_why_empty(script))
        with set_curdoc(document):
            state._on_load(None)
        return _title(document, path)
    finally:
        _cleanup_doc(document, destroy=True)


def _title(document: Document, path: str) -> str:
    if document.title and document.title not in UNTITLED:
        return str(document.title)
    return path.strip("/").replace("_", " ").replace("-", " ").capitalize() or "Dashboard"


def _why_empty(script: str) -> str:
    source = Source(main_file(Path(script)))
    name = Path(script).name
    guard = next((node for node in source.tree.body if _is_main_guard(node)), None)
    if guard:
        return (
            f'{name} serves nothing: what stands under `if __name__ == "__main__"` (line {guard.lineno}) '
            "does not run when it is served; move the .servable() calls out of it."
        )
    return f"{name} serves nothing: mark what should be shown with .servable()."


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _sentence(script: str, error: Exception) -> str:
    if isinstance(error, ScriptFailed):
        return str(error)
    import traceback

    return where("".join(traceback.format_exception(error)), script)


def use_folders(serving: Serving) -> None:
    """Let scripts and plugins find the modules of the folder that the replica was started in."""
    if serving.plugins and os.getcwd() not in sys.path:  # noqa: PTH109  (sys.path holds text)
        sys.path.insert(0, os.getcwd())  # noqa: PTH109  (as above)
