"""The report in Markdown: tables, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from loadtests.bench.comparison import LIMIT, Comparison
from loadtests.bench.figures import Bound, Measured, Row
from loadtests.bench.parts import PARTS
from loadtests.bench.plots import Plot
from loadtests.bench.servers import BERTH, NAMES

SYMBOLS = {"ratio": "≤", "largest": "largest ≤", "p95": "p95 ≤", "value": "≤", "added": "added ≤"}
"""How a bound is written, by the property of Measured that it is about."""

Results = Mapping[str, list[Row]]
"""Rows by part."""


def tables(results: Results) -> str:
    """Return the tables of all parts."""
    return "\n".join(f"### {PARTS[part].title}\n\n{table(rows)}\n" for part, rows in results.items())


def table(rows: list[Row]) -> str:
    """Return one table: a line for each row, a column for each server."""
    heads = ["", *(f"`{name}`" for name in NAMES), "÷", "bound of Berth"]
    lines = [heads, ["---"] * len(heads), *(_cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row) -> list[str]:
    cells = (_cell(row, row.of(name)) for name in NAMES)
    return [row.what, *cells, row.against, _bound(row)]


def _cell(row: Row, measured: Measured | None) -> str:
    if measured is None:
        return "—"
    text = f"**{measured.ratio:.2f}**"
    if row.counted:
        return f"{text} ({measured.disturbed} of {len(measured.tries)})"
    return f"{text} ({amount(measured.value, row.unit)})"


def amount(value: float, unit: str) -> str:
    """Return a value with its unit, in as many digits as matter."""
    digits = 0 if abs(value) >= 100 or not unit else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}".rstrip()


def _bound(row: Row) -> str:
    measured = row.of(BERTH)
    if row.bound is None or measured is None:
        return ""
    return f"{_limit(row, row.bound)}: {_verdict(row, row.bound, measured)}"


def _limit(row: Row, bound: Bound) -> str:
    return f"{SYMBOLS[bound.of]} {_figure(row, bound, bound.most)}"


def _verdict(row: Row, bound: Bound, measured: Measured) -> str:
    said = _figure(row, bound, bound.figure(measured))
    return f"kept ({said})" if bound.kept(measured) else f"**missed ({said})**"


def _figure(row: Row, bound: Bound, figure: float) -> str:
    in_unit = bound.of in ("value", "added")
    return amount(figure, row.unit) if in_unit else f"{figure:.3f}".rstrip("0").rstrip(".")


def missed(results: Results) -> list[str]:
    """Return a sentence for every bound that was missed."""
    return [
        f"{PARTS[part].title}: {row.what}: {_bound(row)}"
        for part, rows in results.items()
        for row in rows
        if _misses(row)
    ]


def _misses(row: Row) -> bool:
    measured = row.of(BERTH)
    return row.bound is not None and measured is not None and not row.bound.kept(measured)


def document(
    results: Results, machine: Mapping[str, str], plots: list[Plot], repeated: Comparison | None, minutes: float
) -> str:
    """Return the whole report."""
    return "\n".join(_paragraphs(results, machine, plots, repeated, minutes))


def _paragraphs(
    results: Results, machine: Mapping[str, str], plots: list[Plot], repeated: Comparison | None, minutes: float
) -> Iterator[str]:
    yield f"# Benchmark\n\n`make bench` wrote this in {minutes:.0f} minutes."
    servers = ", ".join(f"`{name}`" for name in NAMES)
    yield f"It measures the same scripts (`loadtests/apps/`) served by {servers}, on this machine:\n"
    yield "| | |\n| --- | --- |"
    yield from (f"| {what} | {said} |" for what, said in machine.items())
    yield f"\n{_summary(results)}\n"
    yield READING
    for part, rows in results.items():
        yield f"## {PARTS[part].title}\n"
        yield f"{table(rows)}\n"
        yield from (f"![{plot.alternative}]({plot.name}.svg)\n" for plot in plots if plot.part == part)
        yield f"{PARTS[part].reading.strip()}\n"
    yield _repeated(repeated)


READING = """\
## How to read it

A bold figure is a ratio: what was measured ÷ the baseline of the same run, which the column “÷” names. Small is good.
Baseline and candidate are taken in turn, so that what else the machine does meets both. In brackets is the figure
itself. The last column says what Berth shall keep and whether it does: a plain bound is about the median,
*largest* about the worst single sample. Visitors are programs that speak Bokeh's protocol on the same machine, so
there is no network in these figures; bytes are counted in a real browser. All servers have run the scripts once
before anybody comes, as Berth does; `panel serve` does so with `--warm`. `figures.json` holds every single sample.

## Where Berth gains nothing, or costs something

- An app whose callbacks are well-behaved async, or short, disturbs nobody anyway.
- Visitors share the cores. Who computes beside others who compute gets their share and not more.
- Every visitor is a process, and so is every spare: see *Memory*.
- Somebody who comes while no spare is there waits for a fork, and longer than with `panel serve`: see *Newcomers*.
- Nobody there is not for nothing: see *Nobody there*.
"""


CHANCE = "Those of `--num-procs` beside a neighbour do not count: the kernel decides them anew for every connection."


def _summary(results: Results) -> str:
    bounds = sum(row.bound is not None for rows in results.values() for row in rows)
    misses = missed(results)
    if not misses:
        return f"All {bounds} bounds are kept."
    listed = "\n".join(f"- {one}" for one in misses)
    return f"{bounds - len(misses)} of {bounds} bounds are kept. **Missed:**\n\n{listed}"


def _repeated(repeated: Comparison | None) -> str:
    lines = ["## Repeated\n"]
    if repeated is None:
        lines.append("There was no earlier run to compare this one with. `make bench` once more does that.")
    else:
        lines.append(repeated_text(repeated))
    return "\n".join(lines) + "\n"


def repeated_text(repeated: Comparison) -> str:
    """Return how many ratios are as they were in the run before, and which are not."""
    same = repeated.count - len(repeated.differences)
    text = f"Of {repeated.count} ratios, {same} are within {100 * LIMIT:.0f} % of the run before ({repeated.before})."
    lines = [f"- {one.what}, `{one.server}`: {one.before:.2f}, now {one.now:.2f}" for one in repeated.differences]
    return "\n".join([text, CHANCE, *(["\nThe others:\n", *lines] if lines else [])])


def write(folder: Path, text: str) -> None:
    """Write the report."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(text, encoding="utf-8")
