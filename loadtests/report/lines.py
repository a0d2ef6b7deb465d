"""Rows of a CSV file, read as a stream; one that was still being written when the run was cut off is left out."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from berth.errors import ConfigurationError

LONGEST = 2**20
"""Bytes of a line at most: what is longer is no file of ours."""

AGAIN = "Take the run's files as they were written, or run the scenario again."


class Rows:
    """The rows of ``path``: of each the texts of ``columns``, in that order, whatever stands in the header besides.

    To be iterated once. ``number`` is the line that was read last, ``cut`` tells
    afterwards whether the last line was half written. Raises ConfigurationError
    for a file that is missing, empty, or no such table.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.columns = columns
        self.number = 0
        self.cut = False

    def __iter__(self) -> Iterator[list[str]]:
        reader = csv.reader(self._lines(), strict=True)
        header = self._next(reader)
        if header is None:
            raise ConfigurationError(f"{self.path} is empty: the run ended before it began. {AGAIN}")
        missing = [name for name in self.columns if name not in header]
        if missing:
            raise self.problem(f"the header has no column {', '.join(missing)}")
        places = [header.index(name) for name in self.columns]
        while (row := self._next(reader)) is not None:
            if len(row) != len(header):
                raise self.problem(f"{len(row)} values stand where the header has {len(header)} columns")
            yield [row[place] for place in places]

    def problem(self, what: str) -> ConfigurationError:
        """Return the error about the line that was read last."""
        return ConfigurationError(f"{self.path}, line {self.number}: {what}. {AGAIN}")

    def _next(self, reader: Iterator[list[str]]) -> list[str] | None:
        try:
            return next(reader, None)
        except UnicodeDecodeError:
            raise self.problem("the text is not UTF-8") from None
        except csv.Error as error:
            # A text with a line's end in it, of which the rest was never written.
            if "unexpected end" in str(error):
                self.cut = True
                return None
            raise self.problem(f"this is no CSV ({error})") from None

    def _lines(self) -> Iterator[str]:
        try:
            with self.path.open("rb") as file:
                for line in iter(lambda: file.readline(LONGEST + 1), b""):
                    self.number += 1
                    if line.endswith(b"\n"):
                        yield line.decode()
                    elif len(line) > LONGEST:
                        raise self.problem(f"the line has more than {LONGEST} bytes")
                    else:
                        self.cut = True
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be read: {error.strerror}. {AGAIN}") from None
