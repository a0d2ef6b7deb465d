"""An uploaded CSV or Parquet file becomes a table of what can be explored, in a job of its own.

Whatever is in the file, the answer is a table or one sentence that says what is wrong and what to do.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.csv as csv  # type: ignore[import-untyped]  # the same
import pyarrow.parquet as parquet  # type: ignore[import-untyped]  # the same

import berth
from berth.dashboards.exploring.columns import Stored, stored
from berth.dashboards.exploring.storage import Summary, write

_BLOCK = 16 * 2**20  # bytes
_HEAD = 2**16  # bytes that are looked at to see what a file is
_LONGEST_TITLE = 60  # characters
_MOST_NAMED = 5  # columns that a note lists
_FORMATS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "compressed with gzip",
    b"%PDF": "a PDF",
}
_OTHER = "Save it as CSV or Parquet and upload that."


class BadFile(Exception):
    """A file that cannot be explored; its text ends a sentence that begins with the file's name."""


def read(upload: Path, into: Path) -> Summary | str:
    """Write what can be explored of a file to `into`, and say what it is; or why not, as the end of a sentence."""
    try:
        table, notes = _table(upload)
        kept, unused = _columns(table)
    except BadFile as bad:
        return str(bad)
    return write(kept, into, [*notes, *_unused(unused)])


def _columns(table: pa.Table) -> tuple[list[Stored], list[str]]:
    """What is kept of a table, and the titles of columns of which nothing is."""
    kept, unused = [], []
    for number, (title, column) in enumerate(zip(_titles(table), table.columns, strict=True), 1):
        berth.report_progress(0.5 + number / table.num_columns / 2, f"column {number:,} of {table.num_columns:,}")
        columns = list(stored(title, column))
        kept += columns
        unused += [] if columns else [title]
    if all(column.labels for column in kept):
        raise BadFile("has no column of numbers, so that there is nothing to compute. Upload a table that has one.")
    return kept, unused


@dataclass
class _Broken:
    """Lines that have not as many values as the first one."""

    count: int = 0
    first: str = ""

    def skip(self, row: csv.InvalidRow) -> str:
        self.count += 1
        self.first = self.first or f"{row.actual_columns} values instead of {row.expected_columns}"
        return "skip"

    def notes(self) -> Iterator[str]:
        if self.count:
            lines = "1 broken line was" if self.count == 1 else f"{self.count:,} broken lines were"
            yield f"{lines} left out; the first has {self.first}."


def _table(upload: Path) -> tuple[pa.Table, list[str]]:
    """The table in a file, and what is to be said about it."""
    with upload.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise BadFile("is empty. Upload a file with a line of titles and rows below it.")
    if head.startswith(b"PAR1"):
        return _parquet(upload), []
    berth.report_progress(0.05, "reading")
    table, notes = _csv(upload, head)
    if not table.num_rows:
        raise BadFile("has a line of titles but no rows below it. Upload a file with rows.")
    return table, notes


def _parquet(upload: Path) -> pa.Table:
    try:
        file = parquet.ParquetFile(upload)
        flat = [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
        berth.report_progress(0.05, "reading")
        table = file.read(columns=flat)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadFile("is a Parquet file that is damaged or incomplete. Make it anew, or upload a CSV.") from error
    if not table.num_rows:
        raise BadFile("has no rows. Upload a file with rows.")
    nested = [field for field in file.schema_arrow if pa.types.is_nested(field.type)]
    for field in nested:  # said with the others that cannot be used
        table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table


def _csv(upload: Path, head: bytes) -> tuple[pa.Table, list[str]]:
    encoding = _encoding(upload, head)
    first = head.decode(encoding, errors="ignore").lstrip("\ufeff")
    delimiter = max(",;\t|", key=first.splitlines()[0].count)
    broken = _Broken()
    comma = delimiter == ";" and bool(re.search(r";-?\d+,\d", first))
    try:
        table = csv.read_csv(
            upload,
            csv.ReadOptions(encoding=encoding, block_size=_BLOCK),
            csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=broken.skip),
            csv.ConvertOptions(
                strings_can_be_null=True,
                decimal_point="," if comma else ".",
                timestamp_parsers=[csv.ISO8601, "%d.%m.%Y"],
            ),
        )
    except (pa.ArrowException, UnicodeError) as error:
        raise BadFile(f"is no table: {_reason(error)}. Save it as CSV with one line for each row.") from error
    if broken.count > table.num_rows:
        raise BadFile(f"is no table: most of its lines have not as many values as the first. {_OTHER}")
    return table, [*_encoded(encoding), *broken.notes()]


def _encoding(upload: Path, head: bytes) -> str:
    """UTF-8 or UTF-16 where the file is, else Latin-1, in which everything can be read."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for start, name in _FORMATS.items():
        if head.startswith(start):
            raise BadFile(f"is {name}. {_OTHER}")
    if b"\0" in head:
        raise BadFile(f"is no text but binary data. {_OTHER}")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with upload.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _encoded(encoding: str) -> Iterator[str]:
    if encoding == "latin-1":
        yield "Its text is not UTF-8 and was read as Latin-1."


def _unused(titles: list[str]) -> Iterator[str]:
    if titles:
        more = f" and {len(titles) - _MOST_NAMED:,} more" if len(titles) > _MOST_NAMED else ""
        names = ", ".join(titles[:_MOST_NAMED])
        yield f"Not offered, since they are nested, empty, or no numbers, dates or recurring texts: {names}{more}."


def _titles(table: pa.Table) -> list[str]:
    """A title for each column: none is empty, none is there twice."""
    seen: Counter[str] = Counter()
    titles = []
    for number, name in enumerate(table.column_names):
        title = str(name).strip()[:_LONGEST_TITLE] or f"Column {number + 1}"
        seen[title] += 1
        titles.append(title if seen[title] == 1 else f"{title} ({seen[title]})")
    return titles


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0].removeprefix("CSV parse error: ").rstrip(". ")[:200]
