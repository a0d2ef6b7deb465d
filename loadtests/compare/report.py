"""What was found out as a page that a person reads: HTML and Markdown say the same, and JSON has the figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from loadtests.compare.choice import BARE
from loadtests.compare.comparison import Comparison
from loadtests.compare.guest import LIMIT
from loadtests.compare.waiting import Outcome, Waiting
from loadtests.report import html, markdown
from loadtests.report.page import Page, Section, Table, Tone
from loadtests.report.words import NONE, counted, duration, memory, number, percent
from loadtests.surroundings import surroundings

TONES: dict[str, Tone] = {"needed": "bad", "not needed": "good"}
"""Other answers are neither."""

WAITING_HEADS = (
    "",
    "alone (median)",
    "beside the heavy visitor (median)",
    "waited (median)",
    "waited (longest)",
    "done",
)


def write(found: Comparison, folder: Path) -> list[Path]:
    """Write report.html, report.md and comparison.json; return where they are. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    page = content(found)
    texts = {"report.html": html.render(page), "report.md": markdown.render(page), "comparison.json": as_json(found)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def as_json(found: Comparison) -> str:
    """Return all figures; times in seconds, memory in MiB."""
    return json.dumps({**asdict(found), "surroundings": surroundings()}, indent=1) + "\n"


def content(found: Comparison) -> Page:
    """Return the report."""
    sections = (_waiting(found), _blame(found), _cost(found), _pressed(found), _made(found))
    return Page(
        title=f"{found.wish.name} with panel serve and with Berth",
        verdict=found.verdict.sentence,
        tone=TONES.get(found.verdict.answer, "plain"),
        sentences=found.verdict.reasons,
        remarks=(),
        sections=tuple(section for section in sections if section),
    )


def _waiting(found: Comparison) -> Section:
    sentences = (
        f"One visitor did the heaviest thing that was found ({found.choice.heavy.name}) again and again. "
        f"Beside that {counted(found.wish.visitors, 'other')} did something light or opened the page. "
        "Waiting is what that took longer than alone. "
        f"A light task that was not done after {LIMIT:.0f} s was given up, and counts with that time.",
    )
    rows = [
        row
        for side in (found.plain, found.berth)
        for row in (_row(f"{side.server}: light tasks", side.clicks), _row(f"{side.server}: pages", side.pages))
    ]
    table = Table("How long others waited", WAITING_HEADS, tuple(rows))
    return Section("waiting", "Waiting", sentences, tables=(table,))


def _row(head: str, waiting: Waiting | None) -> tuple[str, ...]:
    if waiting is None:
        return (head, *[NONE] * 5)
    times = (waiting.alone, waiting.beside, waiting.median, waiting.worst)
    return (head, *map(duration, times), counted(waiting.count, "time"))


def _blame(found: Comparison) -> Section:
    if not found.culprits:
        return Section(
            "lines",
            "Who blocked whom",
            ("No line of the app kept a process from reacting for a quarter of a second or longer.",),
        )
    rows = tuple(
        (f"{line.place} in {line.function}", line.source or NONE, counted(line.times, "time"), duration(line.longest))
        for line in found.culprits[:8]
    )
    first = found.culprits[0]
    sentences = (
        f"Line {first.line} of {Path(first.file).name} kept its process from reacting for up to "
        f"{duration(first.longest)}. With panel serve it is everybody's process, with Berth that visitor's alone.",
    )
    heads = ("line", "what stands there", "blocked", "longest")
    table = Table("Lines that blocked a process, as Berth logged them", heads, rows, texts=(1,))
    return Section("lines", "Who blocked whom", sentences, tables=(table,))


def _cost(found: Comparison) -> Section:
    sides = (found.plain, found.berth)
    rows = (
        ("memory of one more visitor (PSS)", *(memory(max(0.0, side.cost.memory)) for side in sides)),
        ("CPU time of one visitor who comes", *(duration(max(0.0, side.cost.cpu)) for side in sides)),
        ("cores in use beside the heavy visitor", *(percent(side.load) for side in sides)),
    )
    sentences = (
        "Money for one visitor for one hour = memory in GiB × price of a GiB for an hour + "
        "CPU seconds ÷ 3600 × visits in the hour × price of a core for an hour, plus what visitors then compute, "
        "which is the same with both: " + " ".join(_formula(side) for side in sides),
        "On Kubernetes with one berth a pod, count the memory that a replica requests instead.",
    )
    table = Table("What a visitor costs", ("", *(side.server for side in sides)), rows)
    return Section("cost", "Cost", sentences, tables=(table,))


def _formula(side: Outcome) -> str:
    gibibytes, cores = max(0.0, side.cost.memory) / 1024, max(0.0, side.cost.cpu) / 3600
    return f"{side.server}: {gibibytes:.4f} × GiB-hour + {cores:.6f} × visits × core-hour."


def _pressed(found: Comparison) -> Section:
    tried = found.findings.tried
    rows = tuple(
        (
            one.action.name,
            f"not measured: {one.error}" if one.error else f"{'more than ' * one.unfinished}{duration(one.busy)}",
            _role(found, one.action.name),
        )
        for one in sorted(tried, key=lambda one: -one.busy)
    )
    sentences = list(_pressed_sentences(found))
    tables = (Table("What was tried, alone", ("what", "kept the server busy", "in this test"), rows, texts=(1, 2)),)
    return Section("pressed", "What was pressed", tuple(sentences), tables=tables if rows else ())


def _pressed_sentences(found: Comparison) -> Iterator[str]:
    if not found.findings.tried:
        yield "Nothing could be found to press or to set, so the page was opened and nothing else."
    yield f"Opening the page kept a server busy for {duration(found.findings.opening)}."
    if found.choice.light == (BARE,):
        yield "No light task was found: in place of one, others sent a message for which nothing needs to be done."
    if found.findings.left_out:
        names = ", ".join(dict.fromkeys(found.findings.left_out))
        yield f"Not pressed, by its label or for lack of time: {names}. With --heavy or --quick it would be."
    for server, problem in found.problems[:5]:
        yield f"Could not be measured with {server}: {problem}."


def _role(found: Comparison, name: str) -> str:
    if name == found.choice.heavy.name:
        return "the heavy visitor's"
    return "the others'" if any(name == task.name for task in found.choice.light) else NONE


def _made(found: Comparison) -> Section:
    rows = tuple(surroundings().items())
    sentences = (
        f"Both servers ran at the same time and were driven in turn: {counted(found.bouts, 'bout')} each, "
        f"{number(found.seconds)} s in all.",
    )
    return Section("made", "How this was measured", sentences, tables=(Table("Where", ("", ""), rows, texts=(1,)),))
