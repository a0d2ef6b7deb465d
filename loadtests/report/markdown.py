"""A report in Markdown, as code forges and terminals show it. Plots are in the HTML only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from loadtests.report.page import Page, Section, Table

SPECIAL = re.compile(r"([\\`*\[\]|#~$]|(?<!\w)_|_(?!\w))")
"""What Markdown would take as markup. Within a word ``_`` is none."""


def render(page: Page) -> str:
    """Return the whole report."""
    parts = [head(page), *("\n".join(_section(section)) for section in page.sections)]
    return "\n\n".join(parts) + "\n"


def head(page: Page) -> str:
    """Return the title and what the report begins with."""
    remarks = [f"**{text(remark.text)}**" if remark.tone == "bad" else text(remark.text) for remark in page.remarks]
    sentences = [text(sentence) for sentence in page.sentences]
    answers = [f"**{text(line)}**" for line in page.verdict.splitlines()]
    return "\n\n".join([f"# Load test: {text(page.title)}", *answers, *sentences, *remarks])


def text(written: str) -> str:
    """Return a text that Markdown shows as it is."""
    escaped = SPECIAL.sub(r"\\\1", written.replace("&", "&amp;"))
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def _section(section: Section) -> Iterator[str]:
    yield f"## {text(section.title)}"
    for sentence in section.sentences:
        yield f"\n{text(sentence)}"
    for table in section.tables:
        yield f"\n{text(table.caption)}:\n"
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield _row(table.heads)
    yield _row(["---" if number == 0 or number in table.texts else "---:" for number in range(len(table.heads))])
    for row in table.rows:
        yield _row([text(cell) for cell in row])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
