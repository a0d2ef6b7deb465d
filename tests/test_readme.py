"""What README.md claims can be done: its settings, commands, targets and links exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from berth import cli
from berth.settings import documentation
from tests.support.settings_table import README, renewed

ROOT = README.parent
DOCUMENTS = [README, *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md"))]
TEXT = README.read_text(encoding="utf-8")


def commands(program: str) -> Iterator[list[str]]:
    """Yield the words of every line in a block of shell commands that calls ``program``."""
    for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                del words[0]
            if words[:1] == [program]:
                yield words[1:]


def test_the_table_of_settings_is_the_one_in_the_code() -> None:
    assert renewed(TEXT) == TEXT, "run `make docs`"


def test_every_variable_named_is_a_setting() -> None:
    known = {variable for variable, _, _ in documentation()}
    named = set(re.findall(r"\bBERTH_[A-Z_]+[A-Z]\b", TEXT))
    assert named <= known


@pytest.mark.parametrize("words", list(commands("berth")), ids=" ".join)
def test_every_command_shown_is_understood(words: list[str]) -> None:
    arguments = cli._parser().parse_args(words)
    assert callable(arguments.run)


def test_every_target_shown_is_in_the_makefile() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shown = {words[0] for words in commands("make")}
    assert {"run", "test"} <= shown <= set(targets)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_local_link_leads_to_a_file(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_two_commands_come_first() -> None:
    first = re.search(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert first
    assert [line.split("#")[0].strip() for line in first[1].splitlines()] == ["make run", "make test"]
