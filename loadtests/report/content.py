"""What the report of one run says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from loadtests.report import verdict, words
from loadtests.report.about import About
from loadtests.report.figures import Summary
from loadtests.report.page import Page, Plot, Remark
from loadtests.report.sections import sections
from loadtests.report.thresholds import Outcome


def page(summary: Summary, outcomes: Sequence[Outcome], plots: Mapping[str, Plot]) -> Page:
    """Return the report of a run."""
    return Page(
        title=heading(summary.run),
        verdict=verdict.sentence(summary.isolation),
        tone=verdict.tone(summary.isolation),
        sentences=tuple(_sentences(summary)),
        remarks=(kept(outcomes), *remarks(summary)),
        sections=tuple(section for section in sections(summary, outcomes, plots) if section),
    )


def heading(about: About) -> str:
    """Name a run."""
    return f"{about.scenario}, {about.label}" if about.label else about.scenario


def remarks(summary: Summary) -> Iterator[Remark]:
    """Yield what must be known before a figure is believed."""
    if summary.client.bottleneck:
        yield Remark("bad", summary.client.bottleneck)
    if summary.cut:
        yield Remark("bad", "The run was cut off: what was written until then is all that this report knows.")
    if summary.run.stopped:
        yield Remark("plain", f"The run was stopped early: {summary.run.stopped.rstrip('.')}.")
    if not summary.client.workers:
        yield Remark("plain", "The client was not watched, so that nobody knows whether it was quick enough.")


def kept(outcomes: Sequence[Outcome]) -> Remark:
    """Return in a sentence whether the thresholds are kept."""
    missed = sum(not outcome.kept for outcome in outcomes)
    if not outcomes:
        return Remark("plain", "No thresholds were given.")
    if missed:
        return Remark("bad", f"{missed} of {words.counted(len(outcomes), 'threshold')} missed.")
    return Remark(
        "good", f"All {len(outcomes)} thresholds kept." if len(outcomes) > 1 else "The one threshold is kept."
    )


def _sentences(summary: Summary) -> Iterator[str]:
    lost, errors = summary.sessions.lost, summary.errors.count
    visitors = words.counted(summary.run.visitors, "visitor")
    yield (
        f"{visitors} in {words.duration(summary.seconds)}; {words.counted(summary.sessions.opened, 'page')} opened, "
        f"{words.counted(lost, 'session')} lost, {words.counted(errors, 'error')}."
    )
    seat = summary.seat
    if seat.waited and seat.max is not None:
        last = f", in place {seat.place} at the most" if seat.place else ""
        yield (
            f"{words.counted(seat.waited, 'visitor')} sat in the waiting room{last}; a seat took "
            f"{words.duration(seat.p50)} (median), and {words.duration(seat.max)} at the most."
        )
