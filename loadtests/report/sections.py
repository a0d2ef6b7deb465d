"""The parts of the report of one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from loadtests.report import words
from loadtests.report.figures import Summary
from loadtests.report.isolation import NOTICED, RATIO
from loadtests.report.page import Plot, Section, Table
from loadtests.report.percentiles import Spread
from loadtests.report.thresholds import Outcome

MOST_ROWS = 100
"""Rows of a table; the others are in summary.json."""

SPREAD = ("median", "90 %", "95 %", "99 %", "longest")


def sections(summary: Summary, outcomes: Sequence[Outcome], plots: Mapping[str, Plot]) -> Iterator[Section]:
    """Yield all parts; those about which there is nothing to say are empty."""

    def drawn(name: str) -> tuple[Plot, ...]:
        return (plots[name],) if name in plots else ()

    yield thresholds(outcomes)
    yield _isolation(summary, drawn("isolation"))
    yield Section("steps", "Steps", _steps_said(summary), drawn("latency"), (_steps(summary),))
    yield _seat(summary, drawn("seat"))
    yield _sessions(summary)
    yield _errors(summary)
    yield Section("fleet", "Seats and replicas", (), drawn("fleet"), tuple(_levels(summary)))
    yield _memory(summary, drawn("memory"))
    yield _client(summary)
    yield _run(summary)


def thresholds(outcomes: Sequence[Outcome]) -> Section:
    """Return the part that says which thresholds are kept; empty where there are none."""
    rows = tuple(_outcome(outcome) for outcome in sorted(outcomes, key=lambda outcome: outcome.kept))
    heads = ("figure", "allowed", "was", "outcome")
    table = Table("Thresholds, missed ones first", heads, rows, texts=(1, 2, 3))
    return Section("thresholds", "Thresholds", (), (), (table,) if rows else ())


def _outcome(outcome: Outcome) -> tuple[str, ...]:
    bound = outcome.threshold
    was = outcome.missing if outcome.figure is None else f"{outcome.figure:.6g}"
    said = "kept" if outcome.kept else "missed"
    return bound.path, f"{'≤' if bound.limit == 'most' else '≥'} {bound.value:.6g}", was, said


def _isolation(summary: Summary, plots: tuple[Plot, ...]) -> Section:
    found = summary.isolation
    title = "Did anybody wait for anybody else?"
    if found.median is None:
        counts = f"{found.alone:,} alone, {found.beside:,} beside a heavy one, {found.failed:,} beside one failed"
        return Section("isolation", title, (f"This run does not tell: {found.reason}. Quick tasks: {counts}.",))
    ratios = [f"{words.number(value)} times" for value in (found.median, found.p95, found.largest)]
    table = Table(
        "Quick tasks beside a heavy one of another visitor",
        ("", "median", "95 %", "longest"),
        (("as long as the median alone", *ratios),),
    )
    paces = tuple(
        (name, words.duration(one.alone), words.duration(one.beside), words.number(one.ratio),
         words.count(one.tasks_alone), words.count(one.tasks_beside))
        for name, one in found.steps.items()
    )  # fmt: skip
    heads = ("step", "median alone", "median beside", "beside ÷ alone", "tasks alone", "tasks beside")
    waited = (
        f"{found.waited:,} of {words.counted(found.beside + found.failed, 'quick task')} beside a heavy one "
        f"({words.percent(found.share)}) took noticeably longer: above what 95 % of those alone took at most by "
        f"more than {NOTICED:g} s and {words.percent(RATIO)} of their median."
    )
    return Section("isolation", title, (waited, MEANT), plots, (table, Table("By step", heads, paces)))


MEANT = (
    "A quick task is alone if no heavy task of anybody ran meanwhile, and beside one if heavy tasks of other visitors "
    "ran for at least half as long as it takes alone."
)


def _steps_said(summary: Summary) -> tuple[str, ...]:
    more = len(summary.steps) - MOST_ROWS
    said = "Durations are of steps that succeeded."
    return (f"{said} The {more:,} rarest kinds of steps are in summary.json only." if more > 0 else said,)


def _steps(summary: Summary) -> Table:
    most = sorted(summary.steps, key=lambda name: -summary.steps[name].count)[:MOST_ROWS]
    rows = tuple(
        (
            name,
            words.count(one.count),
            words.count(one.errors),
            *_spread(one),
            words.size(one.bytes) if one.bytes else words.NONE,
        )
        for name, one in summary.steps.items()
        if name in most
    )
    return Table("How long each step took", ("step", "count", "errors", *SPREAD, "received"), rows)


def _spread(one: Spread) -> tuple[str, ...]:
    return tuple(words.duration(value) for value in (one.p50, one.p90, one.p95, one.p99, one.max))


def _seat(summary: Summary, plots: tuple[Plot, ...]) -> Section:
    seat = summary.seat
    if not seat.count:
        return Section("seat", "Time to a seat")
    said = (
        f"{words.counted(seat.count, 'time')} somebody asked for a seat; {seat.waited:,} of them had to go through the "
        f"waiting room, and {seat.errors:,} got none."
    )
    table = Table("From the request until the page came", ("", *SPREAD), (("time to a seat", *_spread(seat)),))
    return Section("seat", "Time to a seat", (said,), plots, (table,))


def _sessions(summary: Summary) -> Section:
    found = summary.sessions
    said = f"{words.counted(found.opened, 'page')} opened; {words.counted(found.lost, 'session')} lost."
    rows = [(reason, words.count(number)) for reason, number in found.reasons.items()]
    table = Table("Why sessions were lost", ("reason", "sessions"), tuple(rows[:MOST_ROWS]))
    return Section("sessions", "Sessions", (said,), (), (table,) if rows else ())


def _errors(summary: Summary) -> Section:
    found = summary.errors
    if not found.count:
        return Section("errors", "Errors", ("No step failed.",))
    said = f"{words.counted(found.count, 'step')} failed. Errors that differ only in numbers are shown as one."
    rows = tuple((one.step, one.error, words.count(one.count)) for one in found.kinds[:MOST_ROWS])
    table = Table("What went wrong", ("step", "error", "times"), rows, texts=(1,))
    return Section("errors", "Errors", (said,), (), (table,))


def _levels(summary: Summary) -> Iterator[Table]:
    levels = {what: level for what, level in vars(summary.fleet).items() if level}
    rows = tuple(
        (what, words.count(one.most), words.count(one.mean), words.count(one.end)) for what, one in levels.items()
    )
    if rows:
        yield Table("What the operations ports told", ("", "most", "mean", "at the end"), rows)


def _memory(summary: Summary, plots: tuple[Plot, ...]) -> Section:
    found = summary.memory
    if not found.roles:
        said = "Neither memory nor processor of what served was watched."
        return Section("memory", "Memory and processor", (said,))
    rows = tuple(
        (role, words.number(one.start), words.number(one.peak), words.number(one.end), words.number(one.growth),
         words.number(one.cpu), words.number(one.cpu_peak))
        for role, one in found.roles.items()
    )  # fmt: skip
    heads = ("role", "at the start", "most", "at the end", "growth in 1,000 visits", "cores, mean", "cores, most")
    return Section("memory", "Memory and processor", tuple(_per_visitor(summary)), plots, (Table(MEMORY, heads, rows),))


MEMORY = "Memory in MiB, and cores in use, by role"


def _per_visitor(summary: Summary) -> Iterator[str]:
    found = summary.memory
    if found.per_visitor is not None:
        yield (
            f"{words.memory(found.per_visitor)} for a visitor: {words.memory(found.start)} at the start, "
            f"{words.memory(found.peak)} at the most, when {words.count(found.visitors)} were there."
        )
    yield (
        "Growth is the slope of the memory over the pages that were opened; it is a leak only where as many "
        "visitors were there all the time. It is told from 100 visits on."
    )


def _client(summary: Summary) -> Section:
    found = summary.client
    if not found.workers:
        return Section("client", "The client")
    cells = (
        words.count(found.workers),
        words.number(found.cpu),
        words.number(found.cpu_peak),
        words.duration(found.delay_p95),
        words.duration(found.delay_max),
        words.count(found.sessions_per_core and round(found.sessions_per_core)),
    )
    heads = ("", "processes", "cores, mean", "cores over 10 s, most", "delay, 95 %", "delay, most", "pages per core")
    said = found.bottleneck or "The client was quick enough."
    return Section(
        "client", "The client", (said,), (), (Table("What the client itself needed", heads, (("client", *cells),)),)
    )


def _run(summary: Summary) -> Section:
    run = summary.run
    began = words.moment(run.began)
    basics = {"scenario": run.scenario, "served by": run.label, "host": run.host, "path": run.path, "began": began}
    groups = {"The run": basics, "Options": run.options, "Machine": run.machine, "Versions": run.versions}
    tables = tuple(facts(caption, group) for caption, group in groups.items() if group)
    return Section("run", "What was run, and on what", (), (), tables)


def facts(caption: str, group: Mapping[str, str]) -> Table:
    """Return a table of names and what is said of them, without those of which nothing is."""
    return Table(caption, ("", "value"), tuple((name, said) for name, said in group.items() if said), texts=(1,))
