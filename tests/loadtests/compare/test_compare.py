"""The whole command on real servers: its verdict, its report, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[3]
APPS = ROOT / "loadtests" / "apps"

BROKEN = 'import panel as pn\n\nraise RuntimeError("the table is missing")\n'
SLEEPY = """import time
import panel as pn

result = pn.pane.Str("nothing yet")

def work(event):
    time.sleep(1.5)
    result.object = f"work {event.new} done"

pn.Column(pn.widgets.Button(name="Work", on_click=work), result).servable()
"""
UNPUBLISHED = "import panel as pn\n\ntable = [1, 2, 3]\n"
ENDING = "import os\n\nos._exit(3)\n"
NOTHING = 'import panel as pn\n\npn.pane.Markdown("# nothing to press").servable()\n'


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "app"), str(ROOT)]), **more}


def compare(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run it as quickly as it can: few berths to start, one round."""
    command = [sys.executable, "-m", "berth", "compare", "--rounds", "1", "--visitors", "1", *map(str, arguments)]
    return subprocess.run(command, env=environment(**more), capture_output=True, text=True, timeout=240)


@pytest.mark.timeout(300)
def test_an_app_that_blocks_is_told_who_waited_and_by_which_line(tmp_path: Path) -> None:
    ended = compare(APPS / "lock.py", "--visitors", "2", "--to", tmp_path, LOCK_APP_SECONDS="0.2,1.5")
    assert ended.returncode == 0, ended.stderr
    assert "Others waited up to" in ended.stdout
    assert f"{APPS / 'lock.py'}:28: time.sleep(seconds)" in ended.stdout
    found = json.loads((tmp_path / "comparison.json").read_text())
    assert found["verdict"]["answer"] == "needed"
    assert found["choice"]["heavy"]["name"] == 'click "Heavy"'
    assert [task["name"] for task in found["choice"]["light"]] == ['click "Quick"']
    assert found["plain"]["clicks"]["felt"] > 0.8
    assert found["berth"]["clicks"]["felt"] < found["plain"]["clicks"]["felt"] / 2
    said = (tmp_path / "report.md").read_text()
    page = (tmp_path / "report.html").read_text()
    for text in (found["verdict"]["sentence"], "time.sleep(seconds)", "Cost"):
        assert text in said
        assert text in page
    assert "http://" not in page.replace("http://www.w3.org", "")


@pytest.mark.timeout(300)
def test_an_app_that_awaits_is_told_that_it_needs_nothing(tmp_path: Path) -> None:
    ended = compare(APPS / "polite.py", "--visitors", "2", "--to", tmp_path, TASK_SECONDS="0.2,1.5")
    assert ended.returncode == 0, ended.stderr
    found = json.loads((tmp_path / "comparison.json").read_text())
    assert found["verdict"]["answer"] == "not needed"
    assert found["verdict"]["sentence"].startswith("You do not need Berth")
    assert found["choice"]["heavy"]["name"] == 'click "Heavy"'
    assert found["choice"]["heavy"]["busy"] > 1.4


@pytest.mark.timeout(300)
def test_a_folder_with_a_notebook_is_compared_like_a_script(tmp_path: Path) -> None:
    folder = tmp_path / "sleepy"
    folder.mkdir()
    cell = {"cell_type": "code", "id": "a", "execution_count": None, "metadata": {}, "outputs": [], "source": SLEEPY}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "main.ipynb").write_text(json.dumps(notebook))
    ended = compare(folder, "--to", tmp_path / "report")
    assert ended.returncode == 0, ended.stderr
    assert "Others waited up to" in ended.stdout
    assert f"{folder / 'main.ipynb'}:" in ended.stdout
    assert ": time.sleep(1.5)\n" in ended.stdout
    assert "sleepy with panel serve and with Berth" in (tmp_path / "report" / "report.md").read_text()


@pytest.mark.timeout(300)
def test_a_page_without_anything_to_press_is_opened_only(tmp_path: Path) -> None:
    script = tmp_path / "nothing.py"
    script.write_text(NOTHING)
    ended = compare(script, "--to", tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "You do not need Berth" in ended.stdout
    assert "Nothing could be found to press" in (tmp_path / "report.md").read_text()


def test_an_app_that_does_not_start_is_refused_with_its_own_last_words(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text(BROKEN)
    ended = compare(script, "--to", tmp_path / "report")
    assert ended.returncode == 1
    assert "broken.py, line 3: RuntimeError: the table is missing." in ended.stderr
    assert "compare/" not in ended.stderr, "our own traceback"
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("table.py", UNPUBLISHED, "table.py serves nothing: mark what should be shown with .servable()."),
        ("ends.py", ENDING, "ends.py cannot be served: A berth ended while it started (exit code 3)"),
    ],
)
def test_an_app_that_cannot_be_served_is_named_with_the_reason(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    script = tmp_path / name
    script.write_text(text)
    ended = compare(script, "--to", tmp_path)
    assert ended.returncode == 1
    assert words in ended.stderr


def test_a_label_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    ended = compare(APPS / "click.py", "--heavy", "Compute", "--to", tmp_path)
    assert ended.returncode == 2
    assert "Nothing on the page is labelled 'Compute': there are 'Click'." in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing.py",), "missing.py: there is no such file"),
        ((str(APPS / "click.py"), "--rounds", "4"), "--rounds 4: must lie between 1 and 3"),
        ((str(APPS / "click.py"), "--visitors", "0"), "--visitors 0: must lie between 1 and 20"),
        ((str(APPS / "click.py"), "--path", "click"), "--path click: must begin with a slash"),
        ((str(APPS / "click.py"), "--to", str(APPS / "click.py")), "no folder can be made there"),
    ],
)
def test_wrong_input_is_refused_before_anything_starts(arguments: tuple[str, ...], words: str) -> None:
    ended = compare(*arguments)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "starting" not in ended.stderr


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "websocket.py").write_text("raise ModuleNotFoundError('no', name='websocket')\n")
    paths = os.pathsep.join([str(tmp_path), str(ROOT / "app"), str(ROOT)])
    ended = compare(APPS / "click.py", PYTHONPATH=paths)
    assert ended.returncode == 2
    assert "needs websocket, which is not installed: pip install 'panel-berth[loadtests]'" in ended.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_when_it_is_stopped_both_servers_end_with_it(tmp_path: Path, how: signal.Signals) -> None:
    options = ["--visitors", "1", "--to", str(tmp_path)]
    command = [sys.executable, "-m", "berth", "compare", str(APPS / "lock.py"), *options]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        while "trying" not in process.stderr.readline():
            assert process.poll() is None
        started = psutil.Process(process.pid).children(recursive=True)
        assert any("panel" in " ".join(child.cmdline()) for child in started)
        process.send_signal(how)
        assert process.wait(20) == 128 + how
        assert "Traceback" not in process.stderr.read()
    _, living = psutil.wait_procs(started, 3)
    assert living == []
