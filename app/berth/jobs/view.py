"""A job on a page: bar, time so far and left, place in the queue, text, error, and a button that cancels it."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import panel as pn
import param
from bokeh.models import Div

from berth.jobs.job import Job

STYLE = (Path(__file__).parent / "view.css").read_text(encoding="utf-8")

TICK = 500
"""Milliseconds between two looks at a job that says nothing: its time goes on."""


class JobView(pn.viewable.Viewer):  # type: ignore[misc]  # Panel's types are skipped
    """Shows ``job``, or nothing while that is None. Another job can be put in its place at any time."""

    job = param.Parameter(default=None, doc="The job that is shown; None shows nothing.")

    def __init__(self, job: Job[Any] | None = None, **params: Any) -> None:
        # Bokeh's own Div: Panel's pane would make every page load MathJax.
        self._words = Div(disable_math=True, sizing_mode="stretch_width", margin=(5, 10), stylesheets=[STYLE])
        self._cancel = pn.widgets.Button(label="Cancel", margin=(0, 10, 5, 10), on_click=self._end)
        self._box = pn.Column(self._words, self._cancel, sizing_mode="stretch_width", visible=False)
        self._clock: Any = None
        self._due = False
        super().__init__(job=job, **params)
        self.param.watch(self._follow, "job")
        self._follow()

    def __panel__(self) -> Any:
        """Return what Panel shows."""
        return self._box

    def _follow(self, *_events: Any) -> None:
        if self.job is not None:
            self.job.on_change(partial(self._changed, self.job))
        self._look()

    def _changed(self, shown: Job[Any], _job: Job[Any]) -> None:
        if shown is self.job:
            self._look()

    def _look(self) -> None:
        """Have the page show its job: from whatever thread this is called, and once for many changes."""
        document = self._words.document
        if document is None or document.session_context is None:
            self._refresh()
            # A notebook hears of changes of Bokeh's own models only so.
            pn.io.push_notebook(self._box)
        elif not self._due:
            self._due = True
            # Only there the document is surely locked, as an async callback or another thread has not done.
            document.add_next_tick_callback(self._refresh)

    def _refresh(self) -> None:
        self._due = False
        job = self.job
        self._box.visible = job is not None
        if job is None:
            return
        self._words.text = words(job)
        self._cancel.visible = not job.finished
        self._run_clock(not job.finished)

    def _run_clock(self, on: bool) -> None:
        if on and self._clock is None and pn.state.curdoc is not None:
            self._clock = pn.state.add_periodic_callback(self._refresh, TICK)
        elif not on and self._clock is not None:
            self._clock.stop()
            self._clock = None

    def _end(self, _event: Any) -> None:
        if self.job is not None:
            self.job.cancel()


def words(job: Job[Any]) -> str:
    """Return a job as HTML."""
    # Without a value the bar says that it goes on for nobody knows how long.
    unknown = job.progress is None and not job.finished
    value = "" if unknown else f" value='{job.progress or 0:.4f}'"
    bar = f"<progress max='1'{value} aria-label='{escape(job.name)}'></progress>"
    text = f"<p class='text'>{escape(job.text)}</p>" if job.text else ""
    error = f"<p class='error' role='alert'>{escape(job.error)}</p>" if job.state == "failed" else ""
    # A time that counts on is not read out; that it waits, or how it ended, is.
    spoken = "" if job.state == "running" else " role='status'"
    head = f"<span class='name'>{escape(job.name)}</span><span class='state'{spoken}>{_state(job)}</span>"
    return f"<div class='job {job.state}'>{head}{bar}{text}{error}</div>"


def _state(job: Job[Any]) -> str:
    if job.state == "queued":
        return f"waiting, {job.place} in the queue" if job.place else "waiting"
    if job.state != "running":
        return f"{job.state} after {duration(job.seconds)}" if job.seconds else job.state
    left = f", about {duration(job.left)} left" if job.left is not None else ""
    return f"{duration(job.seconds)} so far{left}"


def duration(seconds: float) -> str:
    """Return seconds in words: ``8 s``, ``2 min 05 s``, ``1 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
