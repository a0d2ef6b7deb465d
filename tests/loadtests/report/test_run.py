"""Reading a run's folder: what was written comes back, and what is broken is named by file and line."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from berth.errors import ConfigurationError
from loadtests.report.figures import summary
from loadtests.report.lines import LONGEST
from loadtests.report.run import Run
from loadtests.report.tables import MOST_ERRORS
from tests.loadtests.report.folder import ABOUT, BEGAN, CALM, other, quick, run, write


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    found = run(tmp_path, quick(1, 0.5), other("leave", 2, 0.1, "heavy-1", "refused"))
    steps = found.steps
    assert list(steps.at) == [BEGAN + 1, BEGAN + 2]
    assert list(steps.seconds) == [0.5, 0.1]
    assert [steps.names[number] for number in steps.name] == ["click Quick", "leave"]
    assert [steps.visitors[number] for number in steps.visitor] == ["quick-1", "heavy-1"]
    assert [steps.errors[number] for number in steps.error] == ["", "refused"]
    assert (found.about.scenario, found.about.options, found.cut) == ("two_users", {"factor": "0.1"}, False)


def test_errors_that_differ_in_numbers_only_are_one(tmp_path: Path) -> None:
    found = run(tmp_path, *(other("open", at, 1, error=f"no answer to task {at} of 0fe1a2b3c{at}") for at in range(5)))
    assert found.steps.errors == ("", "no answer to task 0 of 0fe1a2b3c0")


def test_no_more_kinds_of_errors_are_kept_than_a_report_can_tell(tmp_path: Path) -> None:
    letters = ("".join(chr(97 + int(digit)) for digit in str(number)) for number in range(MOST_ERRORS + 10))
    found = run(tmp_path, *(other("open", 1, 1, error=f"error {one}") for one in letters))
    assert len(found.steps.errors) == MOST_ERRORS + 1
    assert found.steps.errors[-1] == "other errors"
    assert (found.steps.error == MOST_ERRORS).sum() == 11


def test_a_line_in_a_text_is_part_of_it(tmp_path: Path) -> None:
    found = run(tmp_path, other("open", 1, 1, error='one, "two"\nthree'))
    assert found.steps.errors[1] == 'one, "two" three'


def test_samples_of_one_thing_are_in_the_order_of_time(tmp_path: Path) -> None:
    found = run(tmp_path, fleet=[(2, "fleet", "taken", 5), (1, "fleet", "taken", 4)])
    assert list(found.fleet["fleet", "taken"].value) == [4, 5]


@pytest.mark.parametrize("left", range(1, 40))
def test_a_last_line_that_is_half_written_is_left_out(tmp_path: Path, left: int) -> None:
    """Wherever it was cut off, a number that is shorter than it was must not be believed."""
    write(tmp_path)
    path = tmp_path / "steps.csv"
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:left])
    found = Run.read(tmp_path)
    assert found.cut
    assert found.steps.at.size == len(CALM)


def test_a_text_that_was_cut_off_within_is_left_out(tmp_path: Path) -> None:
    write(tmp_path)
    with (tmp_path / "steps.csv").open("a") as file:
        file.write(f'{BEGAN},1,quick-1,quick,open,,0,"the server said\n')
    found = Run.read(tmp_path)
    assert (found.cut, found.steps.at.size) == (True, len(CALM))


def test_a_run_whose_end_was_never_written_ends_with_its_last_step(tmp_path: Path) -> None:
    found = run(tmp_path, quick(3, 4.5), ended=None)
    assert (found.cut, found.ended) == (True, BEGAN + 7.5)


@pytest.mark.parametrize("name", ["run.json", "steps.csv", "fleet.csv", "client.csv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write(tmp_path) / name).unlink()
    with pytest.raises(ConfigurationError, match=rf"{name} cannot be read: No such file"):
        Run.read(tmp_path)


@pytest.mark.parametrize("name", ["steps.csv", "fleet.csv", "client.csv"])
def test_an_empty_file_is_named(tmp_path: Path, name: str) -> None:
    (write(tmp_path) / name).write_bytes(b"")
    with pytest.raises(ConfigurationError, match=rf"{name} is empty"):
        Run.read(tmp_path)


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere is no folder"):
        Run.read(tmp_path / "nowhere")


def test_a_run_in_which_nobody_did_anything_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no step"):
        Run.read(write(tmp_path, steps=()))


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("steps.csv", "1,2,3", "line 3: 3 values stand where the header has 8 columns"),
        ("steps.csv", "soon,1,a,b,c,,0,", "line 3: at must be a number, and is 'soon'"),
        ("steps.csv", "1,-1,a,b,c,,0,", "line 3: seconds must not be below 0, and is -1"),
        ("steps.csv", "1,nan,a,b,c,,0,", "line 3: seconds must be a number, and is 'nan'"),
        ("steps.csv", "1,1,a,b,c,slow,0,", "line 3: work must be quick, heavy or empty, and is 'slow'"),
        ("steps.csv", '1,1,a,b,"c"d,,0,', "line 3: this is no CSV"),
        ("steps.csv", "", "line 3: 0 values stand"),
        ("fleet.csv", "1,router,memory,much", "line 2: value must be a number, and is 'much'"),
        ("client.csv", "1,1,0.1,0.1,-2", "line 3: sessions must not be below 0, and is -2"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, name: str, line: str, said: str) -> None:
    write(tmp_path, [quick(0, 1)])
    with (tmp_path / name).open("a") as file:
        file.write(f"{line}\r\n")
    with pytest.raises(ConfigurationError) as caught:
        Run.read(tmp_path)
    assert f"{tmp_path / name}, {said}" in str(caught.value)


def test_a_header_without_a_column_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "fleet.csv").write_text("at,source,value\n")
    with pytest.raises(ConfigurationError, match=r"fleet.csv, line 1: the header has no column what"):
        Run.read(tmp_path)


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "fleet.csv").write_text(f"note,value,what,source,at\nx,3,taken,fleet,{BEGAN}\n")
    assert list(Run.read(tmp_path).fleet["fleet", "taken"].value) == [3]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\n", b"\x00" * 100 + b"\n", b"x" * (LONGEST + 2), b"x" * LONGEST + b"yz\n"]
)
def test_bytes_that_are_no_table_are_no_traceback(tmp_path: Path, content: bytes) -> None:
    (write(tmp_path) / "steps.csv").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"steps.csv, line 1: "):
        Run.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "holds no JSON object"),
        ("[" * 100_000, "is no JSON"),
        (json.dumps(ABOUT | {"began": "noon"}), 'began must be a number, and is "noon"'),
        (json.dumps(ABOUT | {"scenario": None}), "scenario must be a text, and is null"),
        (json.dumps(ABOUT | {"options": []}), "options must be an object"),
        (json.dumps(ABOUT | {"visitors": True}), "visitors must be a number, and is true"),
        (json.dumps(ABOUT | {"began": float("nan")}), "began must be a number, and is NaN"),
    ],
)
def test_what_is_wrong_in_run_json_is_named(tmp_path: Path, text: str, said: str) -> None:
    (write(tmp_path) / "run.json").write_text(text)
    with pytest.raises(ConfigurationError, match=r"run\.json") as caught:
        Run.read(tmp_path)
    assert said in str(caught.value)


@pytest.mark.parametrize("seed", range(200))
def test_whatever_happens_to_the_files_is_a_summary_or_a_sentence(tmp_path: Path, seed: int) -> None:
    """Bytes that are changed, lost or doubled raise nothing but ConfigurationError."""
    chance = random.Random(seed)
    fleet = [(at, *sample) for at in range(9) for sample in (("fleet", "taken", 1.0), ("router", "memory", 12.0))]
    write(tmp_path, (*CALM, other("session", 0, 9, error="lost")), fleet)
    path = tmp_path / chance.choice(("run.json", "steps.csv", "steps.csv", "fleet.csv", "client.csv"))
    content = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content))
        piece = chance.choice((b"", b"-", b"9e99", b"nan", b'"', b",", b"\n", b"\0", b"\xff", bytes(content[:at])))
        content[at : at + chance.randint(0, 3)] = piece
    path.write_bytes(content)
    said = ""
    try:
        summary(Run.read(tmp_path)).write(tmp_path / "summary.json")
    except ConfigurationError as error:
        said = str(error)
    assert said == "" or str(tmp_path) in said
