"""Makes one page before any berth is forked, so that what Panel sets up at its first page is in memory."""

from __future__ import annotations

import sys

import panel
from bokeh.models import ColumnDataSource
from bokeh.resources import Resources
from panel.io.application import build_applications
from panel.io.document import _cleanup_doc
from panel.io.server import server_html_page_for_session
from panel.io.session import generate_session


def practise() -> None:
    """Make, render and forget a page. Starts no thread and leaves no session."""
    application = build_applications(_page)["/"]
    session = generate_session(application)
    if "pandas" in sys.modules:
        ColumnDataSource(sys.modules["pandas"].DataFrame({"a": [1]}))
    try:
        server_html_page_for_session(session, Resources(mode="server", root_url="/"), title="Practice")
        session.document.to_json()
    finally:
        _cleanup_doc(session.document, destroy=True)


def _page() -> panel.Column:
    panel.extension()
    return panel.Column("# Practice", panel.widgets.Button(name="Practise"))
