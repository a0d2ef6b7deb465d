"""Whether two runs say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtests.bench.figures import Row, row_from_json, row_to_json

LIMIT = 0.15
"""By how much the ratios of two runs may differ, as a share of the smaller one."""

NOISE = 0.02
"""Ratios that differ by less are taken for equal: the table does not show more."""


@dataclass(frozen=True)
class Difference:
    """One ratio in two runs."""

    what: str
    server: str
    before: float
    now: float


@dataclass(frozen=True)
class Comparison:
    """How many ratios two runs have in common and which of them differ; ``before`` is the date of the first."""

    before: str
    count: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Run:
    """The rows of a run, by part, and its machine."""

    machine: Mapping[str, str]
    results: Mapping[str, list[Row]]

    @classmethod
    def read(cls, path: Path) -> Run | None:
        """Read what ``write`` wrote; None where there is nothing."""
        if not path.is_file():
            return None
        data = json.loads(path.read_text(encoding="utf-8"))
        results = {part: [row_from_json(row) for row in rows] for part, rows in data["results"].items()}
        return cls(data["machine"], results)

    def write(self, path: Path) -> None:
        """Write the run, with every single try."""
        results = {part: [row_to_json(row) for row in rows] for part, rows in self.results.items()}
        text = json.dumps({"machine": dict(self.machine), "results": results}, indent=1, ensure_ascii=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")

    def ratios(self) -> Iterator[tuple[str, str, float]]:
        """Yield what, server and ratio, but for those that chance decides."""
        for rows in self.results.values():
            for row in rows:
                for measured in row.measured:
                    if measured.server != row.chance:
                        yield row.what, measured.server, measured.ratio


def compare(before: Run, now: Run) -> Comparison:
    """Compare the ratios that both runs have."""
    earlier = {(what, server): ratio for what, server, ratio in before.ratios()}
    common = [
        Difference(what, server, earlier[what, server], ratio)
        for what, server, ratio in now.ratios()
        if (what, server) in earlier
    ]
    differences = tuple(one for one in common if _differ(one.before, one.now))
    return Comparison(before.machine.get("date", "earlier"), len(common), differences)


def _differ(one: float, other: float) -> bool:
    return abs(one - other) > max(NOISE, LIMIT * min(abs(one), abs(other)))
