"""Explorer itself: one visitor's widgets and results, all their own, each a root of the page."""

from pathlib import Path
from typing import Any

import panel as pn
from bokeh.models import Div, NumberFormatter

from berth.dashboards.flights import link, texts
from berth.dashboards.flights.chart import Chart
from berth.dashboards.flights.selection import Selection
from berth.dashboards.flights.summary import groups, key_figures

HERE = Path(__file__).parent
PAGE = (HERE / "page.html").read_text(encoding="utf-8")
PAGE_STYLE = (HERE / "page.css").read_text(encoding="utf-8")
WIDGET_STYLE = (HERE / "widgets.css").read_text(encoding="utf-8")


class Explorer:
    """A selection, the widgets that change it, and the results that follow it.

    Make one in a served script: it reads its selection from the page's address and keeps it there.
    """

    def __init__(self) -> None:
        self.selection = Selection()
        self.controls = _controls(self.selection)
        self.notice = _text(visible=False)
        self.figures = _text()
        self.sentence = _text()
        self.chart = Chart()
        self.table = _table()
        self._follow_address()
        self.refresh()
        self.selection.param.watch(self._changed, list(link.KEYS))

    def refresh(self) -> None:
        """Compute and show the results of the present selection."""
        flights = self.selection.flights()
        rows = groups(flights, self.selection)
        with pn.io.hold():
            self.figures.text = texts.cards(key_figures(flights))
            self.sentence.text = texts.sentence(rows, self.selection)
            self.chart.show(rows, in_time=self.selection.grouping().in_time)
            self.table.param.update(value=rows, visible=len(rows) > 0)

    def servable(self) -> None:
        """Make this the page of the session."""
        page = pn.Template(PAGE, design=pn.theme.Design, location=True)
        words = {"notice": self.notice, "figures": self.figures, "sentence": self.sentence}
        results = {"bars": self.chart.bars, "line": self.chart.line, "table": self.table}
        for name, root in (self.controls | words | results).items():
            page.add_panel(name, root)
        variables = {"style": PAGE_STYLE, "visitor": texts.visitor(), "served_by": texts.served_by()}
        for name, value in variables.items():
            page.add_variable(name, value)
        page.servable(title="Explorer · New York flights 2013")

    def _follow_address(self) -> None:
        location = pn.state.location
        if location is None:
            return
        self._read_address()
        location.param.watch(self._read_address, "search")

    def _read_address(self, *_events: Any) -> None:
        refused = link.read(self.selection, pn.state.location.search)
        self.notice.update(text=texts.refused(refused), visible=bool(refused))

    def _changed(self, *_events: Any) -> None:
        with pn.io.hold():
            self.refresh()
            if pn.state.location is not None:
                pn.state.location.search = link.write(self.selection, pn.state.location.search)


def _controls(selection: Selection) -> dict[str, Any]:
    """The widgets that change `selection`, by the name of its parameter, and the button that clears the filters."""
    kinds = {
        "carriers": pn.widgets.MultiChoice,
        "destinations": pn.widgets.MultiChoice,
        "origins": pn.widgets.CheckBoxGroup,
    }
    extras: dict[str, dict[str, Any]] = {
        "carriers": {"placeholder": "All airlines"},
        "destinations": {"placeholder": "All destinations"},
        "origins": {"inline": True},
    }
    shared = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [WIDGET_STYLE]}
    controls: dict[str, Any] = {
        name: kinds.get(name, pn.widgets.Select).from_param(selection.param[name], **shared, **extras.get(name, {}))
        for name in link.KEYS
    }
    controls["clear"] = pn.widgets.Button(label="Clear filters", on_click=lambda _event: selection.clear(), **shared)
    return controls


def _text(visible: bool = True) -> Div:
    """A place for HTML. Panel's own pane would make every page load MathJax, 1.8 MB."""
    return Div(disable_math=True, visible=visible, sizing_mode="stretch_width", margin=0, stylesheets=[WIDGET_STYLE])


def _table() -> Any:
    """The groups as rows, sorted by a click on a head, or by its button from the keyboard.

    The heads stay the same whatever is shown: to change one makes Tabulator build the table anew.
    """
    return pn.widgets.Tabulator(
        show_index=False,
        disabled=True,
        selectable=False,
        layout="fit_columns",
        height=440,
        sizing_mode="stretch_width",
        margin=0,
        formatters={
            "flights": NumberFormatter(format="0,0"),
            "value": NumberFormatter(format="0,0.0"),
            "on_time": NumberFormatter(format="0.0%"),
        },
        titles={"label": "Group", "flights": "Flights", "value": "Value", "on_time": "On time"},
        widths={"label": "34%", "flights": "21%", "value": "20%", "on_time": "25%"},
        configuration={
            "headerSortElement": "<button type='button' class='tabulator-arrow' aria-label='Sort'></button>"
        },
        text_align={"flights": "right", "value": "right", "on_time": "right"},
        stylesheets=[WIDGET_STYLE],
    )
