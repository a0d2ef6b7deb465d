"""The command line: what it refuses, what it says, and with which code it ends."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from berth import __version__, cli

SECRET = "s" * 40
GOOD = 'import panel as pn\n\npn.pane.Markdown("# hello").servable()\n'


def berth(folder: Path, *arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in ``folder`` with nothing but this environment."""
    environment.setdefault("PATH", os.environ["PATH"])
    command = [sys.executable, "-P", "-m", "berth", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, input=text, capture_output=True, text=True, timeout=60)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "hello.py"
    path.write_text(GOOD)
    return path


def test_version() -> None:
    assert berth(Path(), "--version").stdout == f"berth {__version__}\n"


def test_help_names_every_command(tmp_path: Path) -> None:
    said = berth(tmp_path, "--help").stdout
    assert all(command in said for command in ("up", "replica", "lobby", "router", "hash-password", "check"))


def test_help_of_a_command_names_the_defaults(tmp_path: Path) -> None:
    said = " ".join(berth(tmp_path, "up", "--help").stdout.split())
    assert "port that visitors reach (default 8080)" in said
    assert "berths that run at most (default 16)" in said


def test_no_command_is_refused(tmp_path: Path) -> None:
    assert berth(tmp_path).returncode == 2


@pytest.mark.parametrize("role", ["router", "lobby", "replica"])
def test_a_role_refuses_to_start_without_a_secret(tmp_path: Path, role: str) -> None:
    ended = berth(tmp_path, role)
    assert ended.returncode == 2
    assert ended.stderr.startswith("berth: COOKIE_SECRET is not set")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("role", ["router", "lobby", "replica", "up", "check"])
def test_every_command_refuses_a_short_secret_without_showing_it(tmp_path: Path, role: str) -> None:
    ended = berth(tmp_path, role, COOKIE_SECRET="hunter2")
    assert ended.returncode == 2
    assert "COOKIE_SECRET is too short (7 characters, at least 32 are needed)" in ended.stderr
    assert "hunter2" not in ended.stderr + ended.stdout


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--port", "http", "PORT=http is not a whole number."),
        ("--port", "0", "PORT=0 must lie between 1 and 65535."),
        ("--port", "65536", "PORT=65536 must lie between 1 and 65535."),
        ("--seats", "0", "BERTH_SEATS=0 must lie between 1 and 10000."),
        ("--seats", "-1", "BERTH_SEATS=-1 must lie between 1 and 10000."),
        ("--max-berths", "0", "BERTH_MAX_BERTHS=0 must lie between 1 and 1000."),
        ("--spare", "17", "BERTH_SPARE=17 is more than BERTH_MAX_BERTHS=16"),
    ],
)
def test_options_are_checked_like_settings(tmp_path: Path, option: str, value: str, said: str) -> None:
    ended = berth(tmp_path, "up", f"{option}={value}")
    assert ended.returncode == 2
    assert said in ended.stderr


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import panel as pn\n\npn.Row(\n")
    ended = berth(
        tmp_path,
        "up",
        "missing.py",
        "broken.py",
        "--static-dirs",
        "nonsense",
        BERTH_SEAT="2",
        PORT="x",
        CREDENTIALS="ann",
        PATH="",
    )
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert all(line.startswith("berth: ") for line in lines)
    for said in (
        "PORT=x is not a whole number.",
        "BERTH_SEAT is no setting of Berth; did you mean BERTH_SEATS?",
        "missing.py: there is no such file.",
        "broken.py, line 3",
        "--static-dirs nonsense: must look like ROUTE=FOLDER.",
    ):
        assert any(said in line for line in lines), said


@pytest.mark.parametrize("credentials", ["ann", ":secretword", "ann:", "ann:secretword,"])
def test_malformed_credentials_are_refused_without_showing_them(tmp_path: Path, script: Path, credentials: str) -> None:
    ended = berth(tmp_path, "up", script.name, CREDENTIALS=credentials)
    assert ended.returncode == 2
    assert "CREDENTIALS: entry" in ended.stderr
    assert "secretword" not in ended.stderr


def test_check_says_that_all_is_well(tmp_path: Path, script: Path) -> None:
    ended = berth(tmp_path, "check", script.name, COOKIE_SECRET=SECRET)
    assert ended.stdout == "All is well: hello.py can be served.\n", ended.stderr
    assert ended.returncode == 0


def test_check_runs_the_scripts_even_when_the_settings_are_wrong(tmp_path: Path, script: Path) -> None:
    (tmp_path / "raises.py").write_text("import panel as pn\n\npn.panel(1 / 0).servable()\n")
    ended = berth(tmp_path, "check", script.name, "raises.py", PORT="x")
    assert ended.returncode == 2
    assert "PORT=x is not a whole number." in ended.stderr
    assert "ZeroDivisionError" in ended.stderr
    assert "line 3" in ended.stderr


def test_the_dashboard_that_ships_is_where_it_is_looked_for() -> None:
    assert Path(cli.shipped_script()).is_file()


def test_a_plugin_may_lie_in_the_current_folder(tmp_path: Path, script: Path) -> None:
    (tmp_path / "extra.py").write_text("ROUTES = []\n")
    ended = berth(tmp_path, "check", script.name, "--plugins", "extra", "missing_one", COOKIE_SECRET=SECRET)
    assert "missing_one" in ended.stderr
    assert "extra" not in ended.stderr


def test_a_piped_password_is_hashed(tmp_path: Path) -> None:
    ended = berth(tmp_path, "hash-password", text="päss:word,1\n")
    assert PasswordHasher().verify(ended.stdout.strip(), "päss:word,1")


def test_no_password_is_refused(tmp_path: Path) -> None:
    assert berth(tmp_path, "hash-password").returncode == 2


def typed(*lines: str) -> str:
    """Return what a terminal shows when these lines are typed at ``berth hash-password``."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-P", "-m", "berth", "hash-password"])
    shown = b""
    for line in (*lines, None):
        while b": " not in shown.rpartition(b"\n")[2] or line is None:
            try:
                data = os.read(terminal, 1000)
            except OSError:
                data = b""
            if not data:
                break
            shown += data
        if line is not None:
            os.write(terminal, f"{line}\n".encode())
            shown += b"\n"
    os.waitpid(pid, 0)
    os.close(terminal)
    return shown.decode()


def test_a_typed_password_is_not_echoed() -> None:
    shown = typed("open sesame", "open sesame")
    assert "sesame" not in shown
    assert PasswordHasher().verify(shown.split()[-1], "open sesame")


def test_a_typed_password_must_be_typed_twice_alike() -> None:
    assert "The two passwords differ" in typed("open sesame", "open sesam")


def test_windows_is_told_about_wsl(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit) as ended:
        cli.main(["up"])
    assert ended.value.code == 2
    assert "wsl --install" in capsys.readouterr().err
