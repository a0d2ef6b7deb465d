"""Scripts that fail say where and why, never stop the others, and are served as soon as they are mended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.panel.support import enter, labels, listening, logged, write
from tests.support.system import System

GOOD = "import panel as pn\npn.widgets.Button(name='good').servable()\n"

FAILING = {
    "raises": ("import panel as pn\n\ndef f():\n    return {}['key']\n\nf()\n", "raises.py, line 4: KeyError: 'key'"),
    "missing": ("import panel as pn\nimport no_such_module\n", "missing.py, line 2: ModuleNotFoundError"),
    "empty": ("import panel as pn\npn.Row('a')\n", "empty.py serves nothing: mark what should be shown"),
    "guarded": (
        "import panel as pn\nif __name__ == '__main__':\n    pn.Row('a').servable()\n",
        'guarded.py serves nothing: what stands under `if __name__ == "__main__"` (line 2)',
    ),
    "taken": (
        "import panel as pn\nraise ValueError('before')\npn.serve(pn.Row('a'))\n",
        "taken.py, line 2: ValueError: before",
    ),
    "leaves": ("import sys\nimport panel as pn\nsys.exit(3)\n", "leaves.py, line 3: SystemExit: 3"),
    "flasky": (
        "import panel as pn\nFlask = type('Flask', (), {'__module__': 'flask.app'})\npn.serve({'api': Flask()})\n",
        "api is a Flask application, which Berth does not serve",
    ),
    "reserved": ("import panel as pn\npn.serve({'login': pn.Row('a')})\n", "/login is a path of Berth's own"),
}
"""Scripts that cannot be served, with what is said of each."""


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``berth check``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BERTH_")}
    return subprocess.run(
        [sys.executable, "-m", "berth", "check", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )


def test_check_says_of_every_failing_script_where_and_why_and_ends_with_2(tmp_path: Path) -> None:
    scripts = write(tmp_path, good=GOOD, **{name: text for name, (text, _) in FAILING.items()})
    found = check(*scripts)
    assert found.returncode == 2
    said = [line for line in found.stderr.splitlines() if line.startswith("berth: ")]
    for name, (_, reason) in FAILING.items():
        assert any(reason in line for line in said), (name, found.stderr)
    assert "good.py" not in found.stderr


def test_check_finds_wrong_syntax_folders_and_names_before_anything_runs(tmp_path: Path) -> None:
    scripts = write(tmp_path, syntax="import panel as pn\nif True\n    pass\n", login=GOOD)
    (tmp_path / "bare").mkdir()
    found = check(
        *scripts, str(tmp_path / "bare"), str(tmp_path / "gone.py"), "--static-dirs", "berth=/tmp", "--setup", "no.py"
    )
    assert found.returncode == 2
    for reason in (
        "syntax.py, line 2: expected ':'",
        "served at /login, which Berth uses itself",
        "served by its main.py or main.ipynb",
        "gone.py: there is no such file",
        "--static-dirs berth=/tmp: Berth uses this route itself",
        "--setup no.py: there is no such file",
    ):
        assert reason in found.stderr


def test_check_finds_nothing_wrong_with_what_works(tmp_path: Path) -> None:
    found = check(*write(tmp_path, good=GOOD))
    assert (found.returncode, found.stderr) == (0, "")


def test_a_failing_setup_is_told_with_file_and_line_and_nothing_is_served(tmp_path: Path) -> None:
    script, setup = write(tmp_path, good=GOOD, setup="import panel\n\n1 / 0\n")
    with System(script, options=("--setup", setup), wait=False) as system:
        assert logged(system, "setup.py, line 3: ZeroDivisionError: division by zero")
        assert system.until(lambda: "setup.py, line 3" in system.status()["problem"])
        assert system.status()["ready"] == 0
        Path(setup).write_text("import panel\n")
        assert system.until(lambda: system.status()["ready"] > 0, 10)


def test_a_failing_script_does_not_stop_the_others_and_is_served_once_it_is_mended(tmp_path: Path) -> None:
    good, bad = write(tmp_path, good=GOOD, bad="import panel as pn\n\npn.nothing\n")
    with System(good, bad) as system:
        system.until(lambda: "bad.py, line 3: AttributeError" in system.log())
        session = enter(system, "alice", "/good")
        mended = time.monotonic()
        Path(bad).write_text(GOOD.replace("good", "mended"))
        assert logged(system, "a script has changed")
        assert "mended" in labels(enter(system, "bob", "/bad"))
        assert time.monotonic() - mended < 6
        assert session.browser.page("/good").ok


def test_an_edited_script_is_run_by_fresh_berths_and_not_by_present_ones(tmp_path: Path) -> None:
    write(tmp_path, neighbour="name = 'first'\n")
    (script,) = write(
        tmp_path, script="import panel as pn\nimport neighbour\npn.widgets.Button(name=neighbour.name).servable()\n"
    )
    with System(script) as system:
        session = enter(system, "alice", "/script")
        write(tmp_path, neighbour="name = 'second'\n")
        assert logged(system, "a script has changed")
        assert "second" in labels(enter(system, "bob", "/script"))
        assert "first" in labels(session.browser.open("/script"))


def test_a_script_that_takes_long_is_told_with_its_line_and_served_in_the_end(tmp_path: Path) -> None:
    (script,) = write(
        tmp_path, slow="import panel as pn\nimport time\ntime.sleep(12)\npn.widgets.Button(name='good').servable()\n"
    )
    with System(script, wait=False, BERTH_SPARE=1) as system:
        assert system.until(lambda: "still starting after 10 s, at " in system.log(), 30)
        (line,) = [line for line in system.lines if "still starting" in line]
        assert "slow.py" in line
        assert "3" in line.rpartition("slow.py")[2]
        assert system.until(lambda: system.status()["ready"] > 0, 30)


def test_what_panel_would_let_a_dashboard_decide_is_kept_and_told(tmp_path: Path) -> None:
    (script,) = write(
        tmp_path,
        wishes="""
        import panel as pn
        pn.extension(reuse_sessions=True, session_history=-1, autoreload=True)
        pn.config.basic_auth = "secret"
        pn.config.cookie_secret = "s" * 32
        pn.config.oauth_provider = "github"
        button = pn.widgets.Button(name=f"for {pn.state.user}").servable()
        """,
    )
    with System(script, PANEL_COOKIE_SECRET="p" * 40, PANEL_BASIC_AUTH="secret") as system:
        first = enter(system, "alice", "/wishes")
        second = first.browser.open("/wishes")
        assert first.token != second.token
        assert "for alice" in labels(second)
        for name in (
            "reuse_sessions",
            "session_history",
            "autoreload",
            "basic_auth",
            "cookie_secret",
            "oauth_provider",
        ):
            assert logged(system, f"sets {name}, which is not followed")
        assert logged(system, "PANEL_COOKIE_SECRET is not followed")
        for path in ("/admin", "/liveness", "/rest/session_info"):
            assert first.browser.http.get(f"{system.url}{path}").status_code == 404
        berth = system.berth_of("alice")
        assert listening(berth["pid"]) == {berth["port"]}


def test_options_of_panel_serve_that_berth_lacks_are_refused(tmp_path: Path) -> None:
    scripts = write(tmp_path, good=GOOD)
    for option in (
        "--num-procs=2",
        "--admin",
        "--liveness",
        "--reuse-sessions",
        "--rest-provider=param",
        "--basic-auth=x",
    ):
        found = check(*scripts, option)
        assert found.returncode == 2
        assert "unrecognized arguments" in found.stderr


def test_a_script_that_needs_its_visitor_is_served_though_it_cannot_run_before_one_comes(tmp_path: Path) -> None:
    (script,) = write(
        tmp_path,
        personal="import panel as pn\npn.widgets.Button(name=pn.state.user.upper()).servable(title='For you')\n",
    )
    with System(script) as system:
        system.until(lambda: "personal.py asks for its visitor's cookies" in system.log())
        assert "ALICE" in labels(enter(system, "alice", "/personal"))
