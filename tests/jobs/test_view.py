"""What a job looks like on a page."""

from __future__ import annotations

from typing import Any

import pytest

from berth.jobs.job import Job
from berth.jobs.view import JobView, duration, words


def job(**attributes: Any) -> Job[Any]:
    """Return a job that looks like that."""
    made: Job[Any] = Job("count <all>")
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (4199, "1 h 09 min"),
        (90000, "25 h 00 min"),
    ],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    """In the largest two units."""
    assert duration(seconds) == text


def test_names_and_texts_are_text() -> None:
    """Whatever characters they have."""
    html = words(job(state="failed", text="a < b", error="<script>"))
    assert "count &lt;all&gt;" in html
    assert "a &lt; b" in html
    assert "<p class='error' role='alert'>&lt;script&gt;</p>" in html


def test_a_bar_without_a_report_is_indeterminate() -> None:
    """And has a name for a screen reader."""
    html = words(job(state="running"))
    assert "<progress max='1' aria-label='count &lt;all&gt;'></progress>" in html
    assert "<span class='state'>0 s so far</span>" in html


def test_a_job_that_waits_says_so() -> None:
    """Without a place when it is about to start."""
    assert "<span class='state' role='status'>waiting</span>" in words(job())


def test_a_finished_job_says_how_long_it_took() -> None:
    """With a full bar."""
    html = words(job(state="done", progress=1.0, _began=10.0, _ended=75.0))
    assert ">done after 1 min 05 s</span>" in html
    assert "value='1.0000'" in html


def test_the_view_follows_its_job() -> None:
    """It is invisible without one, and can be cancelled while it is not over."""
    view = JobView()
    box = view.__panel__()
    assert box.visible is False
    view.job = job(state="running")
    button = box[1]
    assert (box.visible, button.visible) == (True, True)
    button.clicks += 1
    view.job._clear_up()
    assert view.job.state == "cancelled"
    assert button.visible is False
    view.job = None
    assert box.visible is False
