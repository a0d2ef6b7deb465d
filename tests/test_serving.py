"""What can be said of scripts without running them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from berth.errors import ConfigurationError
from berth.serving import Serving, Source, parse_static_dirs, slug


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Missing, broken and unknown files each get a sentence that names them."""
    broken, text, folder = tmp_path / "broken.py", tmp_path / "notes.txt", tmp_path / "empty"
    broken.write_text("import panel\nx = (1,\n")
    text.write_text("x")
    folder.mkdir()
    missing = tmp_path / "missing.py"
    serving = Serving(
        tuple(str(path) for path in (broken, text, folder, missing)), setup="no.py", plugins=("no_such_module",)
    )
    with pytest.raises(ConfigurationError) as caught:
        serving.check()
    told = "\n".join(caught.value.problems)
    for expected in (
        "broken.py, line 2",
        "notes.txt",
        "main.py",
        "missing.py: there is no such file",
        "no.py",
        "no_such_module",
    ):
        assert expected in told
    assert len(caught.value.problems) == 6


def test_a_notebook_needs_what_notebooks_are_read_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Panel says so only when the page is made."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "main.ipynb").write_text('{"cells": []}')
    assert list(Serving((str(folder),)).problems()) == []
    monkeypatch.setattr("berth.serving.NOTEBOOK_MODULES", ("no_such_module",))
    (problem,) = Serving((str(folder),)).problems()
    assert problem.startswith(f"{folder}: notebooks need packages")
    assert "pip install 'panel-berth[notebooks]'" in problem


def test_two_scripts_of_one_name_are_refused(tmp_path: Path) -> None:
    """They would be served at the same path."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dash.py").write_text("")
    problems = list(Serving((str(tmp_path / "a/dash.py"), str(tmp_path / "b/dash.py"))).problems())
    assert len(problems) == 1
    assert "/dash" in problems[0]


def test_what_no_browser_can_ask_for_is_refused(tmp_path: Path) -> None:
    """Panel would serve it, at an address that is answered with 404."""
    names = ("my app.py", "münchen.py", "50%.py", "c#.py", "fine-1_2.py", "fine.too.py")
    for name in names:
        (tmp_path / name).write_text("")
    problems = list(Serving(tuple(str(tmp_path / name) for name in names)).problems())
    assert [problem.split(":")[0].rpartition("/")[2] for problem in problems] == ["my app", "münchen", "50%", "c#"]


def test_a_folder_is_served_at_its_whole_name(tmp_path: Path) -> None:
    """A script without its ending."""
    folder = tmp_path / "my.app"
    folder.mkdir()
    assert [slug(str(folder)), slug("some/my.app.py"), slug("."), slug("folder/")] == ["my.app", "my.app", "", "folder"]


def test_imports_are_followed_through_local_modules(tmp_path: Path) -> None:
    """Installed modules that a module beside the script imports are preloaded; local and standard ones are not."""
    (tmp_path / "dash.py").write_text("import os\nimport panel as pn\nfrom helper import x\n")
    (tmp_path / "helper.py").write_text("import numpy.random\nimport nothing_of_that_name\n")
    assert Serving((str(tmp_path / "dash.py"),)).third_party() == ["numpy.random", "panel"]


def test_a_notebooks_cells_are_read(tmp_path: Path) -> None:
    """Magics are no syntax errors, markdown is no code."""
    cells = [
        {"cell_type": "markdown", "source": ["# (1,"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import numpy\n", "!ls"]},
    ]
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    assert list(Serving((str(path),)).problems()) == []
    assert Source(path).installed_imports == {"numpy"}


@pytest.mark.parametrize(("text", "opens"), [("pn.serve(app)", True), ("app.show()", True), ("app.servable()", False)])
def test_a_script_that_opens_a_server_is_recognised(tmp_path: Path, text: str, opens: bool) -> None:
    """By the calls in it, without running it."""
    path = tmp_path / "dash.py"
    path.write_text(f"import panel as pn\nif __name__ == '__main__':\n    {text}\n")
    assert Source(path).opens_server is opens


def test_serving_goes_into_another_process_as_text() -> None:
    """Nothing is lost on the way."""
    serving = Serving(("a.py",), "s.py", (("x", "/y"),), ("p",), True)
    assert Serving.from_json(serving.to_json()) == serving


def test_a_static_dir_must_have_route_and_folder() -> None:
    """The wrong text is named."""
    assert parse_static_dirs(["a=b=c"]) == (("a", "b=c"),)
    with pytest.raises(ConfigurationError, match="--static-dirs nothing"):
        parse_static_dirs(["nothing"])


def test_finding_out_what_scripts_import_imports_nothing(tmp_path: Path) -> None:
    """A module inside a package is found without the package: the supervisor stays small."""
    script = tmp_path / "dash.py"
    script.write_text("import panel.io.state\nimport panel.nonsense\nfrom bokeh.plotting import figure\n")
    found = "Serving((sys.argv[1],)).third_party(), 'bokeh' in sys.modules"
    code = f"import sys\nfrom berth.serving import Serving\nprint({found})"
    ended = subprocess.run(
        [sys.executable, "-c", code, str(script)], capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout.strip() == "['bokeh.plotting', 'panel.io.state'] False"
