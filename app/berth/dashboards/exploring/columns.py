"""What a column of an uploaded table is good for: numbers to look at, groups to look by, or nothing here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import floor, inf, log10
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # the same

MOST_GROUPS = 1000
"""A text with more different values is no group: it names each row."""

MOST_NUMBERS_AS_GROUPS = 50
"""Whole numbers with at most so many different values, such as months, are groups as well."""

MISSING = "(missing)"
EMPTY = "(empty)"
NONE = -1
"""The code of a missing value."""

_PERIODS = (("day", "%Y-%m-%d", 62), ("month", "%Y-%m", 3660), ("year", "%Y", inf))  # longest span in days


@dataclass(frozen=True)
class Stored:
    """A column as it is stored: finite numbers (else NaN), or the codes of groups.

    `labels` are those of the codes 0, 1, …; with `gaps` there are missing values too, whose code is -1.
    `decimals` are those to show of a number.
    """

    title: str
    data: pa.Array = field(repr=False)
    labels: tuple[str, ...] = ()
    ordered: bool = False
    filters: bool = False
    gaps: bool = False
    decimals: int = 0


def stored(title: str, column: pa.ChunkedArray) -> Iterator[Stored]:
    """What is kept of a column, none to two; nothing of nested ones, binary ones, and those that name each row."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_boolean(kind):
        yield _groups(title, pc.if_else(column, "yes", "no"), filters=True)
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        yield from _numbers(title, column)
    elif pa.types.is_duration(kind):
        yield from _numbers(f"{title} (s)", pc.divide(column.cast(pa.duration("us")).cast(pa.int64()), 1e6))
    elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        yield from _dates(title, column)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        yield from _texts(title, column)


def _numbers(title: str, column: pa.ChunkedArray) -> Iterator[Stored]:
    whole = pa.types.is_integer(column.type)
    if whole:
        distinct = pc.count_distinct(column.slice(0, 100_000)).as_py()
        distinct = distinct if distinct > MOST_NUMBERS_AS_GROUPS else pc.count_distinct(column).as_py()
        if 1 < distinct <= MOST_NUMBERS_AS_GROUPS:
            yield _groups(title, column, ordered=True)
    numbers = column.cast(pa.float64(), safe=False).combine_chunks()
    numbers = pc.if_else(pc.fill_null(pc.is_finite(numbers), False), numbers, float("nan"))
    yield Stored(title, numbers, decimals=1 if whole else _decimals(numbers))


def _dates(title: str, column: pa.ChunkedArray) -> Iterator[Stored]:
    """A date is a group by day, month or year, whichever gives few enough."""
    days = column.cast(pa.timestamp("s", getattr(column.type, "tz", None)), safe=False)
    span = pc.min_max(days).as_py()
    if span["min"] is None:
        return
    lasts = (span["max"] - span["min"]).days
    unit, form = next((unit, form) for unit, form, longest in _PERIODS if lasts <= longest)
    floored = pc.floor_temporal(days, unit=unit)
    yield _groups(f"{title} ({unit})", floored, ordered=True, label=lambda date: str(date.strftime(form)))


def _texts(title: str, column: pa.ChunkedArray) -> Iterator[Stored]:
    distinct = pc.count_distinct(column).as_py()
    if 0 < distinct <= MOST_GROUPS:
        yield _groups(title, column, filters=distinct > 1)


def _groups(
    title: str,
    column: pa.ChunkedArray,
    *,
    ordered: bool = False,
    filters: bool = False,
    label: Callable[[Any], str] = str,
) -> Stored:
    encoded = column.dictionary_encode().combine_chunks()
    labels = encoded.dictionary
    order = pc.sort_indices(labels)
    place = pa.array(np.argsort(order.to_numpy()), pa.int16())
    codes = pc.fill_null(place.take(encoded.indices), NONE)
    names = tuple(label(value) or EMPTY for value in labels.take(order).to_pylist())
    return Stored(title, codes, names, ordered, filters, gaps=column.null_count > 0)


def _decimals(numbers: pa.Array) -> int:
    """As many as show some four digits of a usual value."""
    known = numbers.filter(pc.is_finite(numbers)).to_numpy(zero_copy_only=False)
    usual = np.median(np.abs(known)) if len(known) else 0.0
    return int(np.clip(3 - floor(log10(usual)), 1, 6)) if usual else 1
