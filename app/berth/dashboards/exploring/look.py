"""The page's template and styles, and the plain elements that it is made of."""

from pathlib import Path

import panel as pn
from bokeh.models import Div

import berth

HERE = Path(__file__).parent
PAGE = (HERE / "page.html").read_text(encoding="utf-8")
PAGE_STYLE = (HERE / "page.css").read_text(encoding="utf-8")
WIDGET_STYLE = (HERE / "widgets.css").read_text(encoding="utf-8")


def text(*, visible: bool = True) -> Div:
    """A place for HTML. Panel's own pane would make every page load MathJax, 1.8 MB."""
    return Div(disable_math=True, visible=visible, sizing_mode="stretch_width", margin=0, stylesheets=[WIDGET_STYLE])


def job_view() -> berth.JobView:
    """A place for a job, whose button looks as the others do."""
    view = berth.JobView()
    for button in pn.panel(view).select(pn.widgets.Button):
        button.stylesheets = [WIDGET_STYLE]
    return view
