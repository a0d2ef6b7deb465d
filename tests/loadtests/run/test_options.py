"""Options' values: what cannot be meant is refused, and secrets are shown nowhere."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from berth.auth import hash_password
from berth.errors import ConfigurationError
from loadtests.run import options
from loadtests.run.options import Options, above_zero, at_least_one, share, whole


class Parser(ArgumentParser):
    """Knows what Locust's parser is told beside."""

    def add_argument(self, *names: Any, include_in_web_ui: bool = True, env_var: str = "", **given: Any) -> Any:
        """Declare an option."""
        return super().add_argument(*names, **given)


def read(*given: str, host: str = "http://127.0.0.1:8080") -> Options:
    parser: Any = Parser()
    options.add(parser)
    parsed = parser.parse_args(given)
    parsed.headless, parsed.worker = True, False
    environment: Any = SimpleNamespace(parsed_options=parsed, locustfile="somewhere/soak.py", host=host)
    return Options.of(environment)


def test_a_folder_is_named_after_the_scenario_and_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BERTH_REPORT", raising=False)
    found = read()
    assert found.scenario == "soak"
    assert found.report.parent == Path("loadtests-report")
    assert found.report.name.startswith("soak-2")


def test_credentials_are_taken_apart_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read("--credentials", "a:one, b:two:three,")
    assert found.credentials == ("a:one", "b:two:three")
    assert "one" not in str(found.given)
    monkeypatch.setenv("CREDENTIALS", "c:four")
    assert read().credentials == ("c:four",)


def test_credentials_without_a_password_are_refused_without_being_repeated() -> None:
    with pytest.raises(ConfigurationError, match="entry 2 has no colon") as refused:
        read("--credentials", "a:one,sesame")
    assert "sesame" not in str(refused.value)


def test_a_file_of_users_is_read_as_the_system_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text("# Who may log in.\n\nbob:with, a comma\n")
    assert read("--credentials", "a:one", "--credentials-file", str(file)).credentials == ("a:one", "bob:with, a comma")


def test_users_whose_passwords_are_hashes_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    assert read("--credentials", f"a:{hash_password('one')},b:two").credentials == ("b:two",)
    assert "1 of 2 users are left out" in caplog.text


def test_hashes_alone_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="all passwords are hashes"):
        read("--credentials", f"a:{hash_password('one')}")


def test_several_ports_are_watched() -> None:
    assert read("--watch", "http://127.0.0.1:9090,https://h:9090/x").watch == (
        "http://127.0.0.1:9090",
        "https://h:9090/x",
    )


def test_a_host_is_needed() -> None:
    with pytest.raises(ConfigurationError, match="--host is missing"):
        read(host="")


@pytest.mark.parametrize(
    ("kind", "text"),
    [(above_zero, "0"), (above_zero, "-1"), (above_zero, "inf"), (above_zero, "nan"), (above_zero, "x"),
     (whole, "-1"), (whole, "0.5"), (whole, ""), (at_least_one, "0"), (at_least_one, "-1"),
     (share, "1.01"), (share, "-0.1"), (share, "half")],
)  # fmt: skip
def test_numbers_that_cannot_be_meant_are_refused(kind: Callable[[str], float], text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=f"'{text}' is no"):
        kind(text)


@pytest.mark.parametrize(("kind", "text", "value"), [(above_zero, "1e-3", 0.001), (whole, "0", 0), (share, "1", 1.0)])
def test_numbers_are_read(kind: Callable[[str], float], text: str, value: float) -> None:
    assert kind(text) == value
