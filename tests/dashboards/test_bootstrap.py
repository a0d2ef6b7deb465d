"""Bootstrap intervals are those of drawing again and again, whatever the data and however many workers compute."""

from collections import Counter
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from berth.dashboards.exploring.bootstrap import Sample, intervals
from berth.dashboards.exploring.flights import FLIGHTS
from tests.dashboards.bootstrap_speed import plain

Numbers = npt.NDArray[np.float64]
RESAMPLES = 2_000
RANDOM = np.random.default_rng(7)

SAMPLES = {
    "few distinct values": RANDOM.poisson(4, 4001).astype("float64"),
    "all values different": RANDOM.normal(50, 10, 1501),
    "skewed": RANDOM.exponential(10, 800),
    "an even number": RANDOM.normal(0, 1, 24),
    "missing ones": np.where(RANDOM.random(900) < 0.3, np.nan, RANDOM.normal(5, 2, 900)),
}


@pytest.mark.parametrize("statistic", ["mean", "median"])
@pytest.mark.parametrize("sample", SAMPLES)
def test_intervals_agree_with_a_plain_loop(sample: str, statistic: str) -> None:
    """Bounds lie where drawing n of n values puts them, within the error of so many resamples."""
    values = SAMPLES[sample]
    groups = np.zeros(len(values), dtype=np.int64)
    ours, theirs = (make(values, groups, statistic, RESAMPLES) for make in (intervals, plain))
    assert ours == pytest.approx(theirs, abs=0.15 * float(np.ptp(theirs)) + 1e-9)


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_airlines_agree_with_a_plain_loop(statistic: str) -> None:
    """The same holds for the delays of large and of tiny airlines; a median goes in steps of half a minute."""
    flights = FLIGHTS.table[FLIGHTS.table["month"] == 6]
    groups, _ = flights["carrier"].factorize(sort=True)
    values = flights["dep_delay"].to_numpy("float64")
    ours, theirs = (make(values, groups, statistic, RESAMPLES) for make in (intervals, plain))
    width = (theirs[:, 1] - theirs[:, 0])[:, None]
    assert (np.abs(ours - theirs) <= np.maximum(0.3 * width, 1.0)).all()
    assert np.median(np.abs(ours - theirs) / np.maximum(width, 1.0)) < 0.05


@pytest.mark.parametrize(
    ("sample", "values"),
    [
        (Sample(np.array([0.0, 1, 5, 9]), "median"), [0, 1, 5, 9]),
        (Sample(np.array([0.0, 1, 1, 5, 9]), "median"), [0, 1, 1, 5, 9]),
        (Sample(np.array([0.0, 1, 5, 9]), "mean"), [0, 1, 5, 9]),
        (Sample(np.array([1.0, 5, 0]), "mean", np.array([2, 2, 1])), [0, 1, 1, 5, 5]),
    ],
)
def test_each_figure_is_as_likely_as_among_all_resamples(sample: Sample, values: list[int]) -> None:
    """Of few values all resamples can be listed: every way to draw gives each figure as often as that list."""
    figure = getattr(np, sample.statistic)
    listed = Counter(round(float(figure(drawn)), 6) for drawn in product(values, repeat=len(values)))
    drawn = Counter(np.round(sample.figures(np.random.default_rng(0), 100_000), 6).tolist())
    assert drawn.keys() <= listed.keys()
    for value, count in listed.items():
        assert drawn[value] / 100_000 == pytest.approx(count / listed.total(), abs=0.006)


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_the_result_is_the_same_for_any_number_of_workers(statistic: str) -> None:
    """One worker or five: not a bit differs; another seed gives others."""
    values = np.concatenate(list(SAMPLES.values()))
    groups = np.repeat(np.arange(len(SAMPLES)), [len(sample) for sample in SAMPLES.values()])
    one, five = (intervals(values, groups, statistic, 3_000, workers=workers) for workers in (1, 5))
    assert one.tobytes() == five.tobytes()
    assert intervals(values, groups, statistic, 3_000, seed=1).tobytes() != one.tobytes()


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_groups_without_spread_have_no_width(statistic: str) -> None:
    """A lone value is its own interval; a group without numbers has none."""
    values, groups = np.array([3.0, np.nan, 8.0, 8.0]), np.array([0, 1, 2, 2])
    found = intervals(values, groups, statistic, 100)
    assert found[[0, 2]].tolist() == [[3.0, 3.0], [8.0, 8.0]]
    assert np.isnan(found[1]).all()


def test_an_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    """Of 400 samples with a known mean some 95 % have it within their interval."""
    samples = np.random.default_rng(3).normal(10, 4, (400, 200))
    found = intervals(samples.ravel(), np.repeat(np.arange(400), 200), "mean", 500)
    covered = ((found[:, 0] < 10) & (found[:, 1] > 10)).mean()
    assert 0.91 < covered < 0.98
