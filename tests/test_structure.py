"""The shape of the package: what its modules import, what its wheel holds, how long its functions are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from berth.settings import Settings

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "app" / "berth"
LONGEST_FUNCTION = 50
"""Lines, from `def` to the last one."""

HEAVY = ("panel", "bokeh", "numpy", "pandas", "cryptography")
"""What belongs into berths and their forkserver alone."""

LIGHT = ("cli", "local", "lobby", "router", "replica", "replica.supervisor", "replica.operations")
"""Modules of processes that run no dashboard code."""


def modules() -> list[Path]:
    """All Python files of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def files() -> set[str]:
    """Names of all files of the package, as they stand in a wheel."""
    found = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"berth/{path.relative_to(PACKAGE).as_posix()}" for path in found}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("module", LIGHT)
def test_a_process_without_dashboards_imports_neither_panel_nor_bokeh(module: str) -> None:
    code = f"import sys, berth.{module}; print(*[name for name in {HEAVY} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.split() == []


@pytest.mark.parametrize("field", [spec.name for spec in fields(Settings)])
def test_every_setting_is_read_somewhere(field: str) -> None:
    properties = (PACKAGE / "settings.py").read_text(encoding="utf-8").partition("def load(")[0]
    texts = (path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*") if path.suffix in (".py", ".j2", ".html"))
    read = re.compile(rf"\b_?(settings|options_set)\.{field}\b")
    assert re.search(rf"\bself\.{field}\b", properties) or any(read.search(text) for text in texts)


def test_every_module_says_what_it_is_for() -> None:
    assert [str(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []


def test_every_function_fits_on_a_screen() -> None:
    sizes = {
        f"{path.relative_to(PACKAGE)}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in modules()
        for function in functions(path)
    }
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_FUNCTION} == {}


def test_a_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert files() <= packed
    assert {Path(name).suffix for name in packed} >= {".py", ".html", ".css", ".js", ".svg", ".j2"}
    assert any(name.endswith("licenses/LICENSE") for name in packed)
    described = wheel.name.rsplit("-", 3)[0] + ".dist-info"
    assert {name.split("/")[0] for name in packed} == {"berth", "loadtests", described}
    assert "loadtests/report/templates/report.html" in packed
    assert not any(name.startswith("loadtests/bench/") for name in packed), "needs what the tests share"


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    pinned = {_name(line) for line in lines}
    assert [entry for entry in declared if _name(entry) not in pinned] == [], "run `make lock`"


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()
