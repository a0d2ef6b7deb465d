"""Whether the client was the bottleneck, against numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.report.client import ClientFigures, client
from tests.loadtests.report.folder import run

Sample = tuple[float, str, float, float, int]


def found(folder: Path, *samples: Sample) -> ClientFigures:
    """The figures of a run with these samples."""
    return client(run(folder, client=samples))


def busy(cpu: float, seconds: int, before: int = 30, worker: str = "1") -> list[Sample]:
    """A process that is idle and then uses so much of a core for so long."""
    return [(at, worker, cpu if at >= before else 0.1, 0.001, 10) for at in range(before + seconds)]


def test_figures_of_two_processes(tmp_path: Path) -> None:
    samples = [
        (at, worker, cpu, late, 50) for at in range(20) for worker, cpu, late in (("1", 0.2, 0.01), ("2", 0.4, 0.02))
    ]
    one = found(tmp_path, *samples)
    assert (one.workers, one.delay_p95, one.delay_max, one.bottleneck) == (2, 0.02, 0.02, "")
    assert [one.cpu, one.cpu_peak] == pytest.approx([0.3, 0.4])
    assert one.sessions_per_core == pytest.approx(50 / 0.3)


def test_a_client_that_was_not_watched_has_no_figures(tmp_path: Path) -> None:
    assert found(tmp_path) == ClientFigures()


@pytest.mark.parametrize(
    ("samples", "slow"),
    [
        (busy(0.95, 10), True),
        (busy(0.95, 9), False),
        (busy(0.89, 30), False),
        (busy(1.0, 4, before=0), True),
        ([*busy(0.2, 10), *busy(0.95, 10, worker="2")], True),
    ],
    ids=["10 s", "9 s", "not so busy", "a run of 4 s", "one of two"],
)
def test_a_process_that_is_busy_for_10_s_is_the_bottleneck(tmp_path: Path, samples: list[Sample], slow: bool) -> None:
    assert ("of a core over 10 s" in found(tmp_path, *samples).bottleneck) is slow


@pytest.mark.parametrize(("late", "slow"), [(5, False), (6, True)])
def test_a_process_that_is_late_in_more_than_one_second_of_twenty_is_the_bottleneck(
    tmp_path: Path, late: int, slow: bool
) -> None:
    samples = [(at, "1", 0.1, 0.3 if at < late else 0.001, 10) for at in range(100)]
    assert ("late by 300 ms" in found(tmp_path, *samples).bottleneck) is slow


def test_the_process_is_named(tmp_path: Path) -> None:
    samples = [*busy(0.2, 10), *busy(0.95, 10, worker="worker-2")]
    assert "its process worker-2 used 0.95 of a core" in found(tmp_path, *samples).bottleneck


@pytest.mark.parametrize(("cpu", "way_out"), [(0.1, "run it on another machine"), (0.6, "more client processes")])
def test_the_way_out_is_the_one_that_helps(tmp_path: Path, cpu: float, way_out: str) -> None:
    """More processes would not help one that has too little of a core for the little that it does."""
    samples = [(at, "1", cpu, 0.3, 10) for at in range(20)]
    assert way_out in found(tmp_path, *samples).bottleneck
