"""Thresholds: what is kept, what is missed, and that nothing that is written down goes unchecked."""

from __future__ import annotations

from pathlib import Path

import pytest

from berth.errors import ConfigurationError
from loadtests.report import thresholds
from loadtests.report.figures import Summary, summary
from loadtests.report.thresholds import Outcome
from tests.loadtests.report.folder import BLOCKED, other, run


@pytest.fixture
def blocked(tmp_path: Path) -> Summary:
    """A run in which quick tasks take 4.5 times as long (median) beside a heavy one; two of five are beside."""
    steps = (*BLOCKED, other("session", 0, 50, error="closed"))
    return summary(run(tmp_path / "run", *steps, fleet=[(1, "router", "memory", 12), (1, "fleet", "taken", 0)]))


def outcomes(folder: Path, text: str, of: Summary) -> list[Outcome]:
    """What comes of the thresholds in a file with this text."""
    file = folder / "thresholds.toml"
    file.write_text(text, encoding="utf-8")
    return [threshold.check(of) for threshold in thresholds.read(file)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[isolation]\nmedian = 4.5", True),
        ("[isolation]\nmedian = 4.4", False),
        ("isolation.beside = { least = 2 }", True),
        ("isolation.beside = { least = 3 }", False),
        ("isolation.beside = { least = 3, most = 9 }", False),
        ('[steps."click Quick"]\nmax = 5\nerrors = 0\ncount = 5', True),
        ('[steps."click Quick"]\nmax = 4.9\nerrors = 0', False),
        ("[sessions]\nlost = 0", False),
        ("[sessions]\nlost = 1", True),
        ("[memory.roles.router]\npeak = 12", True),
        ("[memory.roles.router]\npeak = 11", False),
        ("[fleet.taken]\nend = 0", True),
        ("[errors]\ncount = 0", False),
        ("[seat]\ncount = 0", True),
    ],
)
def test_a_threshold_is_kept_by_a_figure_up_to_it(tmp_path: Path, blocked: Summary, text: str, kept: bool) -> None:
    assert all(outcome.kept for outcome in outcomes(tmp_path, text, blocked)) is kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[steps."click Quik"]\np95 = 9', "this run has no steps.\"click Quik\"; the nearest is 'click Quick'"),
        ("[memory.roles.lobby]\npeak = 9", "this run has no memory.roles.lobby"),
        ("[memory.roles.router]\ngrowth = 9", "this run has no memory.roles.router.growth"),
        ("[fleet.seats]\nmost = 9", "this run has no fleet.seats"),
        ("[seat]\np95 = 9", "this run has no seat.p95"),
    ],
)
def test_a_figure_that_the_run_does_not_have_is_a_miss(tmp_path: Path, blocked: Summary, text: str, said: str) -> None:
    (outcome,) = outcomes(tmp_path, text, blocked)
    assert (outcome.kept, outcome.figure, outcome.missing) == (False, None, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[isolaton]\nmedian = 1", "isolaton is no figure of the summary. The nearest is isolation."),
        ("[isolation]\nmedain = 1", "isolation.medain is no figure of the summary. The nearest is isolation.median."),
        (
            '[steps."click Quick"]\np59 = 1',
            'steps."click Quick".p59 is no figure of the summary. The nearest is steps.',
        ),
        ("[isolation]\nreason = 1", "isolation.reason is no figure"),
        ("[over_time]\ninterval = 1\nsteps = 1", "over_time.steps is no figure"),
        ("isolation = 1", "isolation is no figure, but has some: median, p95, largest"),
        ("steps.p95 = 1", "steps.p95 is no figure, but has some: p50, p90"),
        ('[isolation]\nmedian = "1"', "isolation.median must be a number"),
        ("[isolation]\nmedian = true", "isolation.median must be a number"),
        ("[isolation]\nmedian = nan", "isolation.median must be a number"),
        ("[isolation]\nmedian = { up_to = 1 }", "isolation.median must be a number, or { most = NUMBER }"),
        ("[isolation]\nmedian = inf", "isolation.median must be a number"),
        ("[isolation]\nmedian = {}", "isolation.median must be a number"),
        ("[isolation]", "isolation is no figure, but has some: median"),
        ("[isolation]\n[errors]\ncount = 1", "isolation is no figure, but has some: median"),
        ("", "bound nothing"),
        ("[isolation", "are no TOML"),
    ],
)
def test_what_would_never_be_checked_is_refused(tmp_path: Path, blocked: Summary, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        outcomes(tmp_path, text, blocked)
    assert said in str(caught.value)
    assert str(tmp_path / "thresholds.toml") in str(caught.value)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path, blocked: Summary) -> None:
    with pytest.raises(ConfigurationError) as caught:
        outcomes(tmp_path, "[isolation]\nmedain = 1\np59 = 1", blocked)
    assert len(caught.value.problems) == 2


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml cannot be read: No such file"):
        thresholds.read(tmp_path / "none.toml")
