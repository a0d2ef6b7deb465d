"""A report as one HTML page that needs no network and runs no script."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from loadtests.report.page import Page

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(page: Page) -> str:
    """Return the page. Every text is escaped; plots are taken as they were drawn."""
    return TEMPLATES.get_template("report.html").render(page=page)
