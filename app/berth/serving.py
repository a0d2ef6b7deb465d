"""What a replica serves, and what its scripts say without being run."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.machinery import PathFinder
from pathlib import Path

from berth.errors import ConfigurationError

SERVED = (".py", ".ipynb", ".md")
"""File endings that Panel serves; a folder holds a ``main.py`` or ``main.ipynb``."""

NOTEBOOK_MODULES = ("nbconvert", "nbformat")
"""What Panel reads notebooks with."""

OPENERS = frozenset({"serve", "show"})
"""Calls with which a script opens a server of its own."""

PUBLISHERS = frozenset({"servable", "add_root", "server_doc"})
"""Calls with which a script puts something on the page that it makes."""

UNREACHABLE = re.compile(r"[^!-~]|[%#]")
"""What browsers write in another way, in which Tornado does not find it."""

RESERVED = frozenset({"static", "berth", "login", "logout"})
"""First parts of paths that Berth answers itself."""


@dataclass(frozen=True)
class Serving:
    """The scripts and the options that ``panel serve`` has for them.

    ``static_dirs`` are pairs of route and folder, ``plugins`` names of modules
    with ``ROUTES``, ``setup`` a script that runs once in every berth. With
    ``dev`` open pages follow changes of the scripts.
    """

    scripts: tuple[str, ...]
    setup: str = ""
    static_dirs: tuple[tuple[str, str], ...] = ()
    plugins: tuple[str, ...] = ()
    dev: bool = False

    def to_json(self) -> str:
        """Return text that ``from_json`` reads, for the way into another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Serving:
        """Read what ``to_json`` wrote."""
        data = json.loads(text)
        pairs = tuple((route, folder) for route, folder in data["static_dirs"])
        return cls(tuple(data["scripts"]), data["setup"], pairs, tuple(data["plugins"]), data["dev"])

    def check(self) -> None:
        """Raise ConfigurationError with every problem that shows without running the scripts."""
        problems = list(self.problems())
        if problems:
            raise ConfigurationError(*problems)

    def problems(self) -> Iterator[str]:
        """Yield a sentence for everything that is missing or cannot be served."""
        if not self.scripts:
            yield "No script to serve: name at least one .py, .ipynb or .md file."
        for name in self.scripts:
            yield from _script_problems(Path(name))
        if self.setup and not Path(self.setup).is_file():
            yield f"--setup {self.setup}: there is no such file."
        for route, folder in self.static_dirs:
            if not Path(folder).is_dir():
                yield f"--static-dirs {route}={folder}: there is no such folder."
            if route.strip("/") in RESERVED:
                yield f"--static-dirs {route}={folder}: Berth uses this route itself; choose another."
        for plugin in self.plugins:
            if _missing(plugin):
                yield f"--plugins {plugin}: no module of that name is installed or lies in this folder."
        slugs = [slug(name) for name in self.scripts]
        for one in filter(UNREACHABLE.search, slugs):
            yield f"No browser reaches a page at /{one}: rename it, with letters without accents, digits, - and _."
        for one in sorted(RESERVED.intersection(slugs)):
            yield f"A script would be served at /{one}, which Berth uses itself: rename it."
        for one in sorted({one for one in slugs if slugs.count(one) > 1}):
            yield f"More than one script would be served at /{one}: rename one of them."

    def sources(self) -> list[Source]:
        """Return the scripts and every local module that they import, each once."""
        found: dict[Path, Source] = {}
        queue = [main_file(Path(name)) for name in (*self.scripts, *([self.setup] if self.setup else []))]
        while queue:
            path = queue.pop().resolve()
            if path in found or not path.is_file():
                continue
            found[path] = source = Source(path)
            queue += source.local_imports
        return list(found.values())

    def third_party(self) -> list[str]:
        """Return the installed modules, without the standard library, that the scripts import."""
        names = {name for source in self.sources() for name in source.installed_imports}
        return sorted(names)


@dataclass(frozen=True)
class Source:
    """One file of Python, read but not run."""

    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; empty where the text cannot be parsed."""
        try:
            return ast.parse(python_text(self.path))
        except (SyntaxError, ValueError, OSError):
            return ast.Module(body=[], type_ignores=[])

    @property
    def opens_server(self) -> bool:
        """Whether it calls ``pn.serve(…)`` or ``.show()`` itself."""
        return any(name in OPENERS for name in self._calls())

    @property
    def publishes(self) -> bool:
        """Whether it holds any call that puts something on the page that it makes."""
        return any(name in PUBLISHERS for name in self._calls())

    @property
    def serves_in_thread(self) -> bool:
        """Whether it opens a server with ``threaded=`` and goes on beside it."""
        words = (word for call in self._call_nodes() if _name(call) in OPENERS for word in call.keywords)
        return any(word.arg == "threaded" and ast.unparse(word.value) != "False" for word in words)

    @property
    def local_imports(self) -> list[Path]:
        """Files of modules that lie beside this one."""
        return [path for name in self._imports() for path in self._beside(name)]

    @property
    def installed_imports(self) -> set[str]:
        """Imported modules, as they are written, that are installed and not of the standard library."""
        names = {name for name in self._imports() if not self._beside(name)}
        return {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names and not _missing(name)}

    def _imports(self) -> set[str]:
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
            elif isinstance(node, ast.ImportFrom):
                names.update(alias.name for alias in node.names)
        return names

    def _calls(self) -> Iterator[str]:
        return (_name(call) for call in self._call_nodes())

    def _call_nodes(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def _beside(self, name: str) -> list[Path]:
        base = self.path.parent.joinpath(*name.split("."))
        return [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]


def python_text(path: Path) -> str:
    """Return a script's Python; of a notebook the code cells without magics. Raises OSError, ValueError."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return ""
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text).get("cells", [])
    code = ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
    lines = "\n".join(code).splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def slug(script: str) -> str:
    """Return the path at which a script or a folder is served, without its slash; empty for the current folder."""
    path = Path(script)
    return path.name if path.is_dir() else path.stem


def main_file(path: Path) -> Path:
    """Return the file that runs when ``path``, a script or a folder, is served."""
    if not path.is_dir():
        return path
    return next((path / name for name in ("main.py", "main.ipynb") if (path / name).is_file()), path / "main.py")


def parse_static_dirs(pairs: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Read ``ROUTE=FOLDER`` texts. Raises ConfigurationError."""
    wrong = [pair for pair in pairs if not all(pair.partition("=")[::2])]
    if wrong:
        raise ConfigurationError(*(f"--static-dirs {pair}: must look like ROUTE=FOLDER." for pair in wrong))
    return tuple((route, folder) for route, _, folder in (pair.partition("=") for pair in pairs))


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _script_problems(path: Path) -> Iterator[str]:
    if not path.exists():
        yield f"{path}: there is no such file."
        return
    if path.is_dir() and not main_file(path).is_file():
        yield f"{path}: a folder is served by its main.py or main.ipynb, and this one has none."
        return
    if path.is_file() and path.suffix not in SERVED:
        yield f"{path}: only {', '.join(SERVED)} files can be served."
        return
    if main_file(path).suffix == ".ipynb" and any(map(_missing, NOTEBOOK_MODULES)):
        yield f"{path}: notebooks need packages that are not installed: pip install 'panel-berth[notebooks]'."
    try:
        ast.parse(python_text(main_file(path)), str(path))
    except SyntaxError as error:
        yield f"{path}, line {error.lineno}: {error.msg}. Mend the syntax."
    except (ValueError, OSError) as error:
        yield f"{path}: cannot be read: {error}."


def _missing(name: str) -> bool:
    """Return whether a module is not installed. Imports nothing, which ``find_spec`` of a part of a package does."""
    package, *parts = name.split(".")
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return True
    for part in parts:
        package = f"{package}.{part}"
        spec = PathFinder.find_spec(package, spec.submodule_search_locations or []) if spec else None
    return spec is None
