"""Explorer itself: one visitor's view, and the widgets and results that follow it, each a root of the page."""

from functools import partial
from pathlib import Path
from typing import Any

import panel as pn

import berth
from berth.dashboards.exploring import link, look, storage, texts
from berth.dashboards.exploring.chart import Chart
from berth.dashboards.exploring.controls import SHARED, Controls
from berth.dashboards.exploring.estimate import Estimate
from berth.dashboards.exploring.flights import FLIGHTS
from berth.dashboards.exploring.grid import Grid
from berth.dashboards.exploring.reading import read
from berth.dashboards.exploring.source import Source
from berth.dashboards.exploring.storage import Summary
from berth.dashboards.exploring.summary import groups
from berth.dashboards.exploring.upload import Upload
from berth.dashboards.exploring.view import View


class Explorer:
    """A view, the widgets that change it, and the results that follow it: all of one session, and of no other.

    Make one in a served script: it reads its view from the page's address and keeps it there.
    """

    def __init__(self) -> None:
        self.view = View(FLIGHTS)
        self.sources = {FLIGHTS.name: FLIGHTS}
        self.table = pn.widgets.Select(label="Table", options={FLIGHTS.title: FLIGHTS.name}, **SHARED)
        self.upload = Upload(self.take, **SHARED)
        self.reading = look.job_view()
        self.controls = Controls(self.view, self._used)
        self.clear = pn.widgets.Button(label="Clear filters", on_click=self._clear, **SHARED)
        self.notice = look.text(visible=False)
        self.cards, self.sentence, self.note = (look.text() for _ in range(3))
        self.chart = Chart()
        self.grid = Grid()
        self.estimate = Estimate(self.refresh)
        self.table.param.watch(self._choose_table, "value")
        self._follow_address()
        self.refresh()

    def refresh(self) -> None:
        """Compute and show the results of the present view."""
        rows = self.view.rows()
        answer = groups(rows, self.view)
        with pn.io.hold():
            self.cards.text = texts.cards(self.view.source.cards(rows, self.view["measure"]))
            self.sentence.text = texts.sentence(answer, self.view)
            self.note.text = texts.note(self.view.source)
            answer = answer.join(self.estimate.show(self.view))
            self.chart.show(answer, self.view)
            self.grid.show(answer, self.view)

    def look_at(self, view: View) -> None:
        """Show another view, and name it in the page's address."""
        self.view = view
        with pn.io.hold():
            self.controls.show(view)
            self.table.value = view.source.name
            self.refresh()
            if pn.state.location is not None:
                pn.state.location.search = link.write(view, FLIGHTS, pn.state.location.search)

    async def take(self, upload: Path, name: str) -> None:
        """Read an uploaded file in a job and show it. Whatever is wrong with it, the present view stays."""
        if self.reading.job:
            self.reading.job.cancel()
        job = self.reading.job = berth.run(read, upload, _stored(upload))
        job.name = f"Reading {name}"
        answer: Summary | str
        try:
            answer = await job
        except berth.JobFailed as error:
            answer = f"could not be read. {error}"
        except berth.JobCancelled:
            answer = "was not read, since that was cancelled."
        # After an await nothing holds the document's lock, which Bokeh's own models need.
        pn.state.execute(partial(self._taken, job, upload, name, answer), schedule=True)

    def _taken(self, job: Any, upload: Path, name: str, answer: Summary | str) -> None:
        upload.unlink(missing_ok=True)
        if self.reading.job is job:
            self.reading.job = None
        if isinstance(answer, str):
            self.say(f"{name} {answer}")
        else:
            self.add(storage.open_source(_stored(upload), answer, name))

    def add(self, source: Source) -> None:
        """Offer another table and show it; in the view that the page's address names, if that is of it."""
        self.sources[source.name] = source
        self.table.options = {one.title: one.name for one in self.sources.values()}
        asked = pn.state.location.search if pn.state.location else ""
        self.look_at(link.read(source, asked)[0] if link.table(asked) == source.name else View(source))
        self.say(texts.ready(source))

    def say(self, text: str) -> None:
        """Tell the visitor something; nothing takes it away."""
        self.notice.update(text=texts.alert(text), visible=bool(text))

    def servable(self) -> None:
        """Make this the page of the session."""
        page = pn.Template(look.PAGE, design=pn.theme.Design, location=True)
        choosing = {"table": self.table, "upload": self.upload, "reading": self.reading, "clear": self.clear}
        columns = {"ways": self.controls.ways, "filters": self.controls.filters}
        words = {"notice": self.notice, "cards": self.cards, "sentence": self.sentence, "note": self.note}
        results = {"bars": self.chart.bars, "line": self.chart.line, "grid": self.grid.table}
        estimate = {name: getattr(self.estimate, name) for name in ("resamples", "start", "said", "progress")}
        roots = choosing | columns | words | results | estimate | {"download": self.grid.download}
        for name, root in roots.items():
            page.add_panel(name, root)
        variables = {"style": look.PAGE_STYLE, "visitor": texts.visitor(), "served_by": texts.served_by()}
        for name, value in variables.items():
            page.add_variable(name, value)
        page.servable(title="Explorer")

    def _follow_address(self) -> None:
        location = pn.state.location
        if location is None:
            return
        self._read_address()
        location.param.watch(self._read_address, "search")

    def _read_address(self, *_events: Any) -> None:
        search = pn.state.location.search
        if search == link.write(self.view, FLIGHTS, search):
            return
        asked = link.table(search)
        source = self.sources.get(asked or FLIGHTS.name)
        if source is None:
            self.say(texts.absent(asked))
            return
        view, refused = link.read(source, search)
        self.say(texts.refused(refused))
        self.look_at(view)

    def _used(self) -> None:
        self.look_at(self.controls.view())

    def _choose_table(self, *_events: Any) -> None:
        if self.table.value != self.view.source.name:
            self.say("")
            self.look_at(View(self.sources[self.table.value]))

    def _clear(self, _event: Any) -> None:
        self.look_at(self.view.unfiltered())


def _stored(upload: Path) -> Path:
    """Where the table of an uploaded file is stored."""
    return upload.with_suffix(".arrow")
