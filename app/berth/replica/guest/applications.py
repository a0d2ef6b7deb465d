"""Makes Bokeh applications of the scripts, and runs each once so that no visitor waits for imports."""

from __future__ import annotations

import ast
import atexit
import logging
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from bokeh.application import Application
from bokeh.document import Document
from panel.io.application import build_single_handler_application
from panel.io.session import generate_session
from panel.io.state import set_curdoc, state

from berth.replica.guest.nobody import Nobody
from berth.replica.guest.problems import where
from berth.replica.guest.takeover import open_no_servers, take
from berth.serving import Serving, Source, main_file
from berth.status import App

log = logging.getLogger("berth.dashboard")

UNTITLED = ("Panel Application", "Bokeh Application")


WILDCARDS = frozenset("()[]{}?+*|\\^$")
"""Characters of a path that stands for many, as ``/users/{name}`` does."""


class ScriptFailed(Exception):
    """A script that cannot be served; the text is one sentence."""


class ShowsNothing(ScriptFailed):
    """A script that put nothing on its page."""


@dataclass
class Applications:
    """What a berth serves: Bokeh applications by path, static folders by route, routes, and what failed by script."""

    by_path: dict[str, Application] = field(default_factory=dict)
    script_of: dict[str, str] = field(default_factory=dict)
    static_dirs: dict[str, str] = field(default_factory=dict)
    routes: list[Any] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def add(self, script: str, applications: dict[str, Application]) -> None:
        """Serve the applications of a script. Raises ScriptFailed if another script has the same path."""
        for path, application in applications.items():
            if path in self.by_path:
                raise ScriptFailed(
                    f"{script} and {self.script_of[path]} would both be served at {path}: rename one of them."
                )
            self.by_path[path] = application
            self.script_of[path] = script

    def described(self) -> list[dict[str, Any]]:
        """Return path and title of all that ran, as berth.status.App has them."""
        listed = [path for path in self.by_path if path in self.titles]
        single = [path for path in listed if not WILDCARDS & set(path)]
        return [asdict(App(path, self.titles[path])) for path in single or listed]


def build(serving: Serving) -> Applications:
    """Read all scripts. Those that open a server themselves run here."""
    open_no_servers()
    made = Applications(static_dirs=dict(serving.static_dirs))
    for script in serving.scripts:
        try:
            _build_one(script, made)
        except (Exception, SystemExit) as error:
            made.failed[script] = _sentence(script, error)
    return made


def warm(made: Applications) -> None:
    """Run every application once, as ``panel serve --warm`` does, and note titles and failures."""
    for path, application in made.by_path.items():
        if path in made.titles:
            continue
        script = made.script_of[path]
        try:
            made.titles[path] = _run_once(application, script, path)
        except (Exception, SystemExit) as error:
            made.failed[script] = _sentence(script, error)


def run_exit_functions() -> None:
    """Run what the dashboards registered with ``atexit``, which multiprocessing ends its children without."""
    atexit._run_exitfuncs()


def run_setup(path: str) -> None:
    """Run the ``--setup`` script, whose names live on as Panel keeps them. Raises what it raises."""
    module = ModuleType("panel_setup_module")
    module.__file__ = str(Path(path).absolute())
    state._setup_module = module
    state._setup_file_callback = None
    exec(compile(Path(path).read_text(encoding="utf-8"), module.__file__, "exec"), module.__dict__)  # noqa: S102  (--setup is code)


def _build_one(script: str, made: Applications) -> None:
    main = main_file(Path(script))
    sources = Serving((script,)).sources()
    opens_server = any(source.opens_server for source in sources)
    publishes = any(source.publishes for source in sources)
    if not opens_server:
        made.add(script, _single(script))
    elif not publishes:
        _take(script, main, made)
    else:
        # Only running it tells whether it shows something as `panel serve` runs it, or as its author does.
        applications = _single(script)
        (path,) = applications
        try:
            made.titles[path] = _run_once(applications[path], script, path)
        except ShowsNothing:
            _take(script, main, made)
            return
        made.add(script, applications)


def _single(script: str) -> dict[str, Application]:
    application = build_single_handler_application(script)
    return {application.handlers[0].url_path() or f"/{Path(script).stem}": application}


def _take(script: str, main: Path, made: Applications) -> None:
    taken = take(main)
    if not taken.applications:
        # What looked like serving was something else, such as plt.show().
        made.add(script, _single(script))
        return
    made.add(script, taken.applications)
    made.static_dirs.update(taken.static_dirs)
    made.routes += taken.routes


def _run_once(application: Application, script: str, path: str) -> str:
    """Run a script for nobody and return the title of its page. Raises ScriptFailed."""
    session = generate_session(application, initialize=False)
    document = session.document
    context = document.session_context
    context._request = nobody = Nobody()
    try:
        application.initialize_document(document)
        _check(application, document, script)
        with set_curdoc(document):
            state._on_load(None)
        return _title(document, path)
    except Exception as error:
        if not nobody.asked:
            raise
        log.info(
            "%s asks for its visitor's %s, so that it runs only when one comes: %s",
            Path(script).name,
            " and ".join(sorted(nobody.asked)),
            _sentence(script, error),
        )
        return _title(document, path)
    finally:
        # As a session ends. Panel's own clean-up after --warm would cut the callbacks of what modules share.
        hooks = list(document.session_destroyed_callbacks)
        document.destroy(session)
        for hook in hooks:
            with suppress(Exception):
                hook(context)


def _check(application: Application, document: Document, script: str) -> None:
    failed = next((handler for handler in application.handlers if handler.failed), None)
    if failed:
        raise ScriptFailed(where(failed.error_detail or failed.error or "", script))
    if not document.roots and document not in state._templates:
        raise ShowsNothing(_why_empty(script))


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


def _sentence(script: str, error: BaseException) -> str:
    if isinstance(error, ScriptFailed):
        return str(error)
    return where("".join(traceback.format_exception(error)), script)


def use_folders(serving: Serving) -> None:
    """Let scripts and plugins find the modules of the folder that the replica was started in."""
    if serving.plugins and os.getcwd() not in sys.path:  # noqa: PTH109  (sys.path holds text)
        sys.path.insert(0, os.getcwd())  # noqa: PTH109  (as above)
