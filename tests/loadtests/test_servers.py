"""The servers that are compared: what is started is ended, and what cannot start says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.bench import servers
from loadtests.bench.servers import APPS, PROCS, STOCK, PanelServe
from loadtests.servers import Plain, in_words, script_name


def test_all_processes_of_a_server_end_with_it() -> None:
    with PanelServe(PROCS, APPS / "click.py") as server:
        server.visitor().open("/click").confirmed()
        started = server.processes()
    assert len(started) > 4
    assert [process for process in started if process.is_running()] == []


def test_a_server_that_does_not_start_says_what_it_printed(tmp_path: Path) -> None:
    script = tmp_path / "none.py"
    with (
        pytest.raises(RuntimeError, match=r"panel serve does not listen on port \d+:\n(?s:.*)none\.py"),
        PanelServe(STOCK, script),
    ):
        pass


def test_ports_that_berth_will_use_are_not_given_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = iter([115, 121])
    monkeypatch.setattr(servers, "_reserved", {range(100, 119)})
    monkeypatch.setattr(servers, "free_ports", lambda count: next(offered))
    assert servers._port() == 121


def test_settings_of_berth_are_not_in_the_environment_of_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_SPARE", "2")
    environment = PanelServe(STOCK, APPS / "click.py", TASK_SECONDS="1,2", BERTH_SEATS=1)._environment
    assert environment["TASK_SECONDS"] == "1,2"
    assert [name for name in environment if name.startswith("BERTH_")] == []


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ("app.py, line 3: RuntimeError: no.", "app.py, line 3: RuntimeError: no."),
        ("A berth ended (exit code 3)", "app.py cannot be served: A berth ended (exit code 3)."),
        (
            "app.py, line 1: No module named 'x'",
            "app.py, line 1: No module named 'x'. Install it into the environment that runs Berth.",
        ),
    ],
)
def test_why_a_script_cannot_be_served_names_it_and_the_way_out(problem: str, said: str) -> None:
    assert in_words(["some/app.py"], problem) == said


def test_a_folder_has_a_name_from_within_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert script_name(".") == tmp_path.name


def test_what_many_processes_say_at_once_is_in_the_last_words_once() -> None:
    server = Plain(["app.py"])
    server.lines = ["begin", *["no module x"] * 20, "", "end"]
    assert server.last_words() == "begin\nno module x\nend"
