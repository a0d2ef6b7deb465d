"""Every kind of script that Panel serves is served, alone and beside others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.panel.support import labels, logged, write
from tests.support.client import Browser
from tests.support.system import System

BUTTON = """
import panel as pn
pn.extension()
pn.widgets.Button(name="of {name}").servable(title="The {name}")
"""

MODERN = """
import panel as pn
import panel_material_ui as pmui
pn.extension()
pmui.Page(title="The modern", main=[pmui.Button(name="of modern")]).servable()
"""

PAGES = ("script", "notebook", "text", "folder", "modern")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("scripts")
    write(folder, script=BUTTON.format(name="script"))
    cells = [_cell("markdown", "# A notebook"), _cell("code", BUTTON.format(name="notebook"))]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "notebook.ipynb").write_text(json.dumps(notebook))
    text = f"# A text\n\n```python\n{BUTTON.format(name='text')}\n```\n"
    (folder / "text.md").write_text(text)
    _folder(folder / "folder")
    write(folder, modern=MODERN)
    scripts = [folder / name for name in ("script.py", "notebook.ipynb", "text.md", "folder", "modern.py")]
    with System(*scripts) as system:
        yield system


@pytest.fixture(scope="module")
def browser(system: System) -> Browser:
    return system.browser("alice")


def _cell(kind: str, source: str) -> dict[str, object]:
    cell: dict[str, object] = {"id": kind, "cell_type": kind, "metadata": {}, "source": source}
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell


def _folder(folder: Path) -> None:
    (folder / "static").mkdir(parents=True)
    (folder / "templates").mkdir()
    (folder / "static" / "note.txt").write_text("from the folder")
    (folder / "templates" / "index.html").write_text(
        '{% extends base %}{% block preamble %}<link rel="stylesheet" href="folder/static/note.txt">{% endblock %}'
    )
    (folder / "beside.py").write_text("name = 'folder'\n")
    (folder / "app_hooks.py").write_text(
        "import os\n"
        "def on_server_loaded(context): os.environ['FOLDER_LOADED'] = 'yes'\n"
        "def on_session_created(context): print('hook: session created', flush=True)\n"
        "def on_session_destroyed(context): print('hook: session destroyed', flush=True)\n"
    )
    (folder / "main.py").write_text(
        "import os, panel as pn\nfrom beside import name\n"
        "assert os.environ['FOLDER_LOADED']\n"
        "pn.widgets.Button(name=f'of {name}').servable(title='The folder')\n"
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_script_of_this_kind_is_served_at_its_name_with_its_title(browser: Browser, name: str) -> None:
    session = browser.open(f"/{name}")
    assert f"of {name}" in labels(session)
    title = re.search("<title>(.*?)</title>", session.html, re.DOTALL)
    assert title
    assert title.group(1).strip() == f"The {name}"


def test_several_scripts_have_an_index_with_a_link_and_the_title_of_each(browser: Browser) -> None:
    page = browser.page("/")
    for name in PAGES:
        assert f'href="/{name}"' in page.text
        assert f"The {name}" in page.text


def test_a_folder_serves_its_static_files_template_and_neighbour_modules(system: System, browser: Browser) -> None:
    session = browser.open("/folder")
    assert 'href="folder/static/note.txt"' in session.html
    assert browser.http.get(f"{system.url}/folder/static/note.txt").text == "from the folder"


def test_hooks_of_a_folder_run_when_the_berth_starts_and_when_sessions_begin_and_end(
    system: System, browser: Browser
) -> None:
    session = browser.open("/folder")
    assert logged(system, "hook: session created")
    session.leave()
    assert logged(system, "hook: session destroyed")
