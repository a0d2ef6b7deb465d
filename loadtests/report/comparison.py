"""Several runs side by side: their figures in columns, and each ÷ the first run's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from loadtests.report import verdict, words
from loadtests.report.content import heading, kept, remarks
from loadtests.report.figures import Summary
from loadtests.report.fleet import Level
from loadtests.report.page import Page, Plot, Remark, Section, Table
from loadtests.report.plots import plots, ratios
from loadtests.report.sections import MEANT, MOST_ROWS, facts, thresholds
from loadtests.report.thresholds import Outcome

Figure = Callable[[Summary], float | None]


@dataclass(frozen=True)
class Named:
    """A run and what it is called here. ``outcomes`` are of the thresholds, none for the first run."""

    name: str
    summary: Summary
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True)
class Line:
    """One line of a table: what it is about, the figure, and how that is written."""

    name: str
    figure: Figure
    written: Callable[[float | None], str]

    def cells(self, runs: Sequence[Named]) -> tuple[str, ...]:
        """Return the cells: every run's figure, then for each run but the first its figure ÷ the first's."""
        figures = [self.figure(run.summary) for run in runs]
        ratios = (_ratio(figure, figures[0]) for figure in figures[1:])
        return self.name, *(self.written(figure) for figure in figures), *(words.number(ratio) for ratio in ratios)

    def empty(self, runs: Sequence[Named]) -> bool:
        """Tell whether no run has this figure."""
        return all(self.figure(run.summary) is None for run in runs)


def names(summaries: Sequence[Summary]) -> list[str]:
    """Return what to call the runs: by what served, or else by the scenario; those of one name are numbered."""
    plain = [one.run.label or one.run.scenario for one in summaries]
    often, seen = Counter(plain), Counter[str]()
    return [_numbered(name, often, seen) for name in plain]


def page(runs: Sequence[Named]) -> Page:
    """Return the comparison of two or more runs."""
    answers = [f"{run.name}: {verdict.sentence(run.summary.isolation)}" for run in runs]
    return Page(
        title=f"{runs[0].summary.run.scenario}: {' beside '.join(run.name for run in runs)}",
        verdict="\n".join(answers),
        tone=verdict.tone(runs[-1].summary.isolation),
        sentences=(),
        remarks=tuple(replace(one, text=f"{run.name}: {one.text}") for run in runs for one in _remarks(run)),
        sections=tuple(section for section in _sections(runs) if section),
    )


def _remarks(run: Named) -> Iterator[Remark]:
    if run.outcomes:
        yield kept(run.outcomes)
    yield from remarks(run.summary)


def _sections(runs: Sequence[Named]) -> Iterator[Section]:
    for number, run in enumerate(runs, 1):
        yield replace(thresholds(run.outcomes), name=f"thresholds-{number}", title=f"Thresholds of {run.name}")
    reach = max(ratios(run.summary) for run in runs)
    drawn = {run.name: plots(run.summary, reach) for run in runs}

    def side_by_side(name: str) -> tuple[Plot, ...]:
        """Return the plots of that name of all runs."""
        found = ((number, run.name, drawn[run.name].get(name)) for number, run in enumerate(runs, 1))
        return tuple(_renamed(plot, number, of) for number, of, plot in found if plot)

    isolation = side_by_side("isolation")
    yield Section(
        "isolation", "Did anybody wait for anybody else?", (MEANT,), isolation, _tables(WAITED, ISOLATION, runs)
    )
    yield Section("steps", "Steps", (), side_by_side("latency"), _tables("Durations, and errors", _steps(runs), runs))
    yield Section("memory", "Memory and processor", (), side_by_side("memory"), _tables("What served", SERVED, runs))
    yield Section("client", "The client", (), (), _tables("What the client itself needed", CLIENT, runs))
    yield Section("run", "What was run, and on what", (), (), tuple(_about(runs)))


def _cores(run: Summary) -> float | None:
    cores = [role.cpu for role in run.memory.roles.values() if role.cpu is not None]
    return sum(cores) if cores else None


def _most(level: Level | None) -> float | None:
    return level.most if level else None


WAITED = "Quick tasks beside a heavy one of another visitor"

ISOLATION = (
    Line("median, times as long as alone", lambda run: run.isolation.median, words.number),
    Line("95 %, times as long", lambda run: run.isolation.p95, words.number),
    Line("longest, times as long", lambda run: run.isolation.largest, words.number),
    Line("longest wait", lambda run: run.isolation.wait, words.duration),
    Line("took noticeably longer", lambda run: run.isolation.share, words.percent),
    Line("tasks alone", lambda run: run.isolation.alone, words.count),
    Line("tasks beside", lambda run: run.isolation.beside, words.count),
)

SERVED = (
    Line("memory at the start", lambda run: run.memory.start, words.memory),
    Line("memory at the most", lambda run: run.memory.peak, words.memory),
    Line("memory for a visitor", lambda run: run.memory.per_visitor, words.memory),
    Line("cores, mean", _cores, words.number),
    Line("berths, most", lambda run: _most(run.fleet.berths), words.count),
    Line("replicas, most", lambda run: _most(run.fleet.replicas), words.count),
)

CLIENT = (
    Line("share of a core, mean", lambda run: run.client.cpu, words.number),
    Line("delay, 95 %", lambda run: run.client.delay_p95, words.duration),
    Line("delay, most", lambda run: run.client.delay_max, words.duration),
)


def _steps(runs: Sequence[Named]) -> Iterator[Line]:
    yield Line("pages opened", lambda run: run.sessions.opened, words.count)
    yield Line("sessions lost", lambda run: run.sessions.lost, words.count)
    yield Line("errors", lambda run: run.errors.count, words.count)
    for name in dict.fromkeys(name for run in runs for name in run.summary.steps):
        yield Line(f"{name}, median", _of_step(name, "p50"), words.duration)
        yield Line(f"{name}, 95 %", _of_step(name, "p95"), words.duration)


def _of_step(name: str, percentile: str) -> Figure:
    def figure(run: Summary) -> float | None:
        step = run.steps.get(name)
        return getattr(step, percentile) if step else None

    return figure


def _tables(caption: str, lines: Sequence[Line] | Iterator[Line], runs: Sequence[Named]) -> tuple[Table, ...]:
    rows = tuple(line.cells(runs) for line in lines if not line.empty(runs))[: 2 * MOST_ROWS]
    ratios = (f"{run.name} ÷ {runs[0].name}" for run in runs[1:])
    return (Table(caption, ("", *(run.name for run in runs), *ratios), rows),) if rows else ()


def _about(runs: Sequence[Named]) -> Iterator[Table]:
    for run in runs:
        about = run.summary.run
        basics = {"run": heading(about), "host": about.host, "path": about.path, "began": words.moment(about.began)}
        length = {"length": words.duration(run.summary.seconds), "visitors": words.count(about.visitors)}
        yield facts(run.name, basics | length | {**about.options, **about.machine, **about.versions})


def _renamed(plot: Plot, number: int, run: str) -> Plot:
    """Return a plot of one of several runs, whose element's names are of its own."""
    svg = plot.svg
    for before in ('id="', "url(#", 'xlink:href="#'):
        svg = svg.replace(f"{before}{plot.name}-", f"{before}{plot.name}-{number}-")
    return replace(
        plot, title=f"{plot.title}: {run}", svg=svg.replace('aria-label="', f'aria-label="{escape(run)}. ', 1)
    )


def _numbered(name: str, often: Counter[str], seen: Counter[str]) -> str:
    seen[name] += 1
    return name if often[name] == 1 else f"{name} ({seen[name]})"


def _ratio(figure: float | None, first: float | None) -> float | None:
    return None if figure is None or not first else figure / first
