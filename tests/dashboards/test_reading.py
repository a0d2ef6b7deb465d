"""Whatever a visitor uploads, it becomes a table to explore, or one sentence that says what is wrong and what to do."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from berth.dashboards.exploring import link
from berth.dashboards.exploring.flights import FLIGHTS
from berth.dashboards.exploring.reading import read
from berth.dashboards.exploring.source import Source
from berth.dashboards.exploring.storage import open_source
from berth.dashboards.exploring.summary import groups
from berth.dashboards.exploring.view import View

NOISE = np.random.default_rng(0).integers(0, 256, 50_000, dtype=np.uint8).tobytes()


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    """Where the file lies that somebody uploaded."""
    return tmp_path / "upload"


def source(upload: Path) -> Source:
    """What becomes of it; it must be accepted."""
    stored = upload.with_suffix(".arrow")
    summary = read(upload, stored)
    assert not isinstance(summary, str), summary
    return open_source(stored, summary, "upload.csv")


def values(view: View) -> dict[str, float]:
    """The figure of each group, by its label."""
    rows = groups(view.rows(), view)
    return dict(zip(rows["label"], rows["value"], strict=True))


def choose(found: Source, **titles: str) -> View:
    """A view that names columns by their titles."""
    by = {grouping.title: key for key, grouping in found.groupings.items()}
    measure = {one.title: key for key, one in found.measures.items()}
    return View(found, {"by": by[titles["by"]], "measure": measure[titles["measure"]]})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a,b\n", "no rows below"),
        (NOISE, "binary"),
        (b"PK\x03\x04" + NOISE, "Excel"),
        (b"\x1f\x8b" + NOISE, "gzip"),
        (b"PAR1" + NOISE, "Parquet file that is damaged"),
        (b"{'a': [1, 2],\n 'b': {'c': 1}}\n", "no table"),
        (b'a,b\n"x,1\ny,2\nz,3\n', "no table"),
        (b"just some words\nand more\n", "no column of numbers"),
    ],
)
def test_a_bad_file_gets_a_sentence_that_says_what_to_do(upload: Path, content: bytes, sentence: str) -> None:
    """Nothing is raised, and the sentence ends with the way out."""
    upload.write_bytes(content)
    said = read(upload, upload.with_suffix(".arrow"))
    assert isinstance(said, str)
    assert sentence in said
    assert any(word in said for word in ("Upload", "upload", "Save it"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Stadt;Wert\nKöln;1,5\nBonn;2,25\nKöln;2,5\n".encode("latin-1"), {"Köln": 2.0, "Bonn": 2.25}),
        ("Stadt\tWert\nKöln\t1.5\nBonn\t2\n".encode("utf-16"), {"Köln": 1.5, "Bonn": 2.0}),
        ("\ufeffStadt,Wert\nKöln,1\n".encode(), {"Köln": 1.0}),
        ('Stadt,Wert\n"Köln\nam Rhein",1\n"a,b",2\n'.encode(), {"Köln\nam Rhein": 1.0, "a,b": 2.0}),
        (b"Stadt,Wert\n,1\nx,\nx,3\n", {"(missing)": 1.0, "x": 3.0}),
        (b"Stadt,Wert\nx,inf\nx,4\n", {"x": 4.0}),
    ],
)
def test_text_is_read_as_it_was_meant(upload: Path, content: bytes, expected: dict[str, float]) -> None:
    """Encodings, delimiters, decimal commas, line ends within quotes and missing values."""
    upload.write_bytes(content)
    assert values(choose(source(upload), by="Stadt", measure="Wert")) == expected


def test_broken_lines_are_left_out_and_counted(upload: Path) -> None:
    """The rest is shown, and the page says what is missing."""
    upload.write_text("a,b,c\nx,1,2\ny,3\nz,4,5,6\nw,5,6\nv,7,8\n")
    found = source(upload)
    assert len(found.table) == 3
    assert "2 broken lines were left out; the first has 2 values instead of 3" in found.remarks


def test_a_table_with_3000_columns_works(upload: Path) -> None:
    """All of its numbers can be looked at, by the one text that it has."""
    numbers = pd.DataFrame(np.random.default_rng(1).normal(size=(100, 2999)), columns=[f"c{i}" for i in range(2999)])
    numbers.assign(group=["a", "b"] * 50).to_csv(upload, index=False)
    found = source(upload)
    assert len(found.measures) == 2999
    expected = numbers["c2998"].groupby(["a", "b"] * 50).mean().to_dict()
    assert values(choose(found, by="group", measure="c2998")) == pytest.approx(expected)


def test_a_parquet_file_with_nested_types_works(upload: Path) -> None:
    """Nested and binary columns are named as not offered; all others are there."""
    table = {
        "list": [[1], [2], [3]],
        "struct": [{"x": 1}] * 3,
        "map": pa.array([[("k", 1)]] * 3, pa.map_(pa.string(), pa.int64())),
        "bytes": [b"x", b"y", b"z"],
        "price": pa.array([1, 2, 3]).cast(pa.decimal128(22, 2)),
        "lasted": pa.array([1, 2, 3], pa.duration("s")),
        "kind": pa.array(["p", "q", "p"]).dictionary_encode(),
        "paid": [True, False, None],
        "day": pa.array([19723, 19724, 19724], pa.date32()),
        "at": pa.array([0, 1, 2], pa.timestamp("us", "Europe/Berlin")),
    }
    parquet.write_table(pa.table(table), upload)
    found = source(upload)
    assert [measure.title for measure in found.measures.values()] == ["price", "lasted (s)"]
    titles = [grouping.title for grouping in found.groupings.values()]
    assert titles == ["kind", "paid", "day (day)", "at (day)"]
    assert all(name in found.remarks for name in ("list", "struct", "map", "bytes"))
    assert values(choose(found, by="kind", measure="price")) == {"p": 2.0, "q": 2.0}
    assert values(choose(found, by="day (day)", measure="price")) == {"2024-01-01": 1.0, "2024-01-02": 2.5}


def test_half_a_parquet_file_is_refused(upload: Path) -> None:
    """As after a download that broke."""
    parquet.write_table(pa.table({"a": range(1000)}), upload)
    upload.write_bytes(upload.read_bytes()[:1000])
    assert "damaged or incomplete" in str(read(upload, upload.with_suffix(".arrow")))


def test_the_flights_as_an_upload_give_the_same_figures(upload: Path) -> None:
    """A file and the table that ships go the same way."""
    FLIGHTS.table.to_csv(upload, index=False)
    ours = values(View(FLIGHTS, {"by": "origin"}))
    assert values(choose(source(upload), by="origin", measure="dep_delay")) == pytest.approx(ours, rel=1e-4)


def test_columns_are_what_they_look_like(upload: Path) -> None:
    """Dates group by day, month or year; small whole numbers group as well; identifiers do neither harm nor good."""
    rows = [f"id{i},{2000 + i % 20}-0{i % 9 + 1}-03,{i % 7},{i / 7},,," for i in range(2000)]
    upload.write_text("\n".join(["id,sold,week,amount,week,,", *rows]))
    found = source(upload)
    assert [one.title for one in found.groupings.values()] == ["sold (year)", "week"]
    assert [one.title for one in found.measures.values()] == ["week", "amount"]
    assert all(name in found.remarks for name in ("id", "week (2)", "Column 6"))


def test_a_stored_table_is_mapped_and_leaves_no_file(upload: Path) -> None:
    """The table lives in pages of a file that has no name any more."""
    upload.write_text("a,b\nx,1.5\ny,2.5\n")
    found = source(upload)
    assert [path.name for path in upload.parent.iterdir()] == ["upload"]
    assert not any(found.table[column].to_numpy().flags.owndata for column in found.table)


def test_a_link_to_an_upload_names_it_and_its_columns(upload: Path) -> None:
    """The view of a file comes back when the file does, and its keys leave the address with it."""
    upload.write_text("name,size\nx,1\ny,2\n")
    found = source(upload)
    written = link.write(View(found, {"is.name": [1], "stat": "max"}), FLIGHTS, "?tab=2")
    assert link.table(written) == "upload.csv"
    view, refused = link.read(found, written)
    assert (view["is.name"], view["stat"], refused) == ([1], "max", [])
    assert link.write(View(FLIGHTS), FLIGHTS, written) == "?tab=2"
