"""A table in a file that processes map into memory: its pages are read when they are used, and given back at need."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types

from berth.dashboards.exploring.columns import MISSING, NONE, Stored
from berth.dashboards.exploring.source import FILTER, Card, Choice, Filter, Grouping, Measure, Source

_MOST_FILTERS = 4


@dataclass(frozen=True)
class Summary:
    """What is in a stored table: of each column all but the data."""

    columns: tuple[Stored, ...]
    notes: tuple[str, ...]


def write(columns: list[Stored], path: Path, notes: list[str]) -> Summary:
    """Store columns as `0`, `1`, …, in one piece each, so that they can be mapped."""
    table = pa.table({str(number): column.data for number, column in enumerate(columns)})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return Summary(tuple(replace(column, data=None) for column in columns), tuple(notes))


def open_source(path: Path, summary: Summary, name: str) -> Source:
    """Map what `write` stored and remove the file: its space is free when nobody uses the table any more."""
    mapped = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    path.unlink()
    data = {title: _array(mapped[title]) for title in mapped.column_names}
    columns = {str(number): column for number, column in enumerate(summary.columns)}
    grouped = {key: column for key, column in columns.items() if column.labels}
    if not grouped:
        data["all"] = np.zeros(mapped.num_rows, dtype="int8")
    return Source(
        name=name,
        title=name,
        noun="rows",
        table=pd.DataFrame(data, copy=False),
        groupings={key: _grouping(column) for key, column in grouped.items()} or {"all": Grouping("file", {0: name})},
        measures={
            key: Measure(column.title, decimals=column.decimals) for key, column in columns.items() if not column.labels
        },
        filters={FILTER + column.title: _filter(key, column) for key, column in _filtered(grouped)},
        cards=partial(_cards, {key: column.title for key, column in columns.items()}),
        yours=True,
        note=f"{mapped.num_rows:,} rows of your file {name}. They stay with this page, and are gone when you close it.",
        remarks=" ".join(summary.notes),
    )


def _array(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.chunk(0).to_numpy(zero_copy_only=True))


def _labels(column: Stored) -> dict[int, str]:
    return dict(enumerate(column.labels)) | ({NONE: MISSING} if column.gaps else {})


def _grouping(column: Stored) -> Grouping:
    return Grouping(column.title, _labels(column), column.ordered)


def _filter(key: str, column: Stored) -> Filter:
    return Filter(key, Choice(column.title, _labels(column), [], many=True))


def _filtered(grouped: dict[str, Stored]) -> Iterable[tuple[str, Stored]]:
    return islice(((key, column) for key, column in grouped.items() if column.filters), _MOST_FILTERS)


def _cards(titles: dict[str, str], rows: pd.DataFrame, measure: str) -> list[Card]:
    """How many rows, and the middle and the most of what is looked at."""
    known = rows[measure].dropna()
    figures = {"Mean": known.mean(), "Median": known.median(), "Maximum": known.max()}
    return [
        Card("Rows", f"{len(rows):,}", "that match the filters"),
        *(Card(name, f"{value:,.5g}" if len(known) else "–", titles[measure]) for name, value in figures.items()),
    ]
