"""Measure, print the tables, and with ``--write`` leave a report with plots in a folder.

Usage: ``python -m loadtests.bench [PART …] [--tries N] [--write FOLDER]``, from
the repository's root. Nothing is sent anywhere but to 127.0.0.1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from loadtests.bench import machine, plots, report
from loadtests.bench.comparison import Run, compare
from loadtests.bench.parts import PARTS
from loadtests.bench.progress import Progress


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the parts that are named, or all."""
    given = _parser().parse_args(arguments)
    began = time.monotonic()
    now = measured(given.parts or list(PARTS), given.tries)
    if given.write:
        write(now, given.write, (time.monotonic() - began) / 60)


def measured(names: Sequence[str], tries: int | None) -> Run:
    """Measure these parts, each with its usual tries or with so many, and print the table of each when it is done."""
    described = machine.described()
    counts = {name: tries or PARTS[name].tries for name in names}
    progress = Progress({name: PARTS[name].seconds(count) for name, count in counts.items()})
    results = {}
    for name, count in counts.items():
        progress.begin(name)
        results[name] = list(PARTS[name].measure(count, progress))
        progress.end()
        sys.stdout.write(f"{report.tables({name: results[name]})}\n")
        sys.stdout.flush()
    return Run(described, results)


def write(now: Run, folder: Path, minutes: float) -> None:
    """Write figures, plots and the report into a folder, compared with the run that was written there before."""
    before = Run.read(folder / "figures.json")
    repeated = compare(before, now) if before else None
    drawn = plots.draw(now.results, folder)
    report.write(folder, report.document(now.results, now.machine, drawn, repeated, minutes))
    now.write(folder / "figures.json")
    if repeated:
        sys.stdout.write(f"\n{report.repeated_text(repeated)}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.bench",
        description="Measure `panel serve` and `berth up` side by side.",
        epilog="Parts: " + "; ".join(f"{name}: {part.title}" for name, part in PARTS.items()),
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help="what to measure (all)")
    parser.add_argument("--tries", type=_positive, help="repetitions (each part has its own usual number)")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write a report, plots and figures.json there")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


if __name__ == "__main__":
    main()
