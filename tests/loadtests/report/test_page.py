"""The report as HTML, Markdown and data: what stands in it, and that nothing in a run is taken as markup."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from loadtests.report import content, html, markdown, thresholds
from loadtests.report.figures import Summary, summary
from loadtests.report.page import Page
from loadtests.report.sections import MOST_ROWS
from tests.loadtests.report.folder import BLOCKED, CALM, Step, other, run, write

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> | **bold** [a](http://example.com) `code`"

NEVER = {"script", "img", "b", "iframe", "object", "embed", "form", "base"}
"""Elements that the report never has."""


class Elements(HTMLParser):
    """Collects what a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data.strip())


def page(folder: Path, *steps: Step, bounds: str = "", **files: Any) -> Page:
    """The report of a run."""
    found = summary(run(folder / "run", *steps, **files))
    file = folder / "thresholds.toml"
    file.write_text(bounds)
    outcomes = [one.check(found) for one in thresholds.read(file)] if bounds else []
    return content.page(found, outcomes, {})


@pytest.fixture
def evil(tmp_path: Path) -> Page:
    """The report of a run whose every text is meant to break out of it."""
    steps = (*CALM, other(EVIL, 1, 1, EVIL), other("open", 1, 1, error=EVIL), other("session", 1, 1, error=EVIL))
    return page(
        tmp_path,
        *steps,
        bounds=f"[steps.{json.dumps(EVIL)}]\np50 = 1\n[steps.{json.dumps(EVIL + EVIL)}]\np50 = 1",
        fleet=[(1, EVIL, "memory", 1.0), (1, "fleet", EVIL, 1.0)],
        client=[(at, EVIL, 1.0, 0.9, 1) for at in range(20)],
        **dict.fromkeys(("scenario", "host", "path", "label", "stopped"), EVIL),
        **{name: {EVIL: EVIL} for name in ("options", "machine", "versions")},
    )


def test_html_takes_nothing_as_markup(evil: Page) -> None:
    found = Elements(html.render(evil))
    assert not {tag for tag, _ in found.found} & NEVER
    assert not [name for _, attributes in found.found for name in attributes if name.startswith("on")]
    assert sum(EVIL in text for text in found.texts) >= 15


def test_markdown_takes_nothing_as_markup(evil: Page) -> None:
    text = markdown.render(evil)
    assert "<" not in text
    assert "**bold" not in text
    assert "[a](" not in text


def test_markdown_s_tables_have_as_many_cells_as_heads(evil: Page) -> None:
    rows = [line for line in markdown.render(evil).splitlines() if line.startswith("|")]
    widths = {}
    for number, row in enumerate(rows):
        widths[number] = row.replace("\\|", "").count("|")
    heads = [number for number, row in enumerate(rows) if row.startswith("| ---")]
    for head, after in zip(heads, [*heads[1:], len(rows) + 1], strict=True):
        assert {widths[number] for number in range(head - 1, after - 1)} == {widths[head]}


def test_nothing_is_fetched_and_no_script_may_run(tmp_path: Path) -> None:
    found = Elements(html.render(page(tmp_path)))
    policy = next(attributes for tag, attributes in found.found if attributes.get("http-equiv"))
    assert str(policy["content"]).startswith("default-src 'none'")
    links = [str(attributes[name]) for _, attributes in found.found for name in ("src", "href") if name in attributes]
    assert {link[0] for link in links if link != "data:,"} == {"#"}


def test_the_first_thing_that_a_report_says_is_whether_anybody_waited(tmp_path: Path) -> None:
    one = page(tmp_path, *BLOCKED)
    assert one.verdict.startswith("Others waited: a quick task took 4.5 times as long")
    assert f'<h1 class="bad">{one.verdict}</h1>' in html.render(one)
    assert markdown.render(one).splitlines()[2] == f"**{one.verdict}**"


def test_a_missed_threshold_stands_at_the_top_and_first_in_its_table(tmp_path: Path) -> None:
    one = page(tmp_path, *BLOCKED, bounds="[errors]\ncount = 0\n[isolation]\nmedian = 1.2")
    assert "1 of 2 thresholds missed." in html.render(one)
    (section,) = [section for section in one.sections if section.name == "thresholds"]
    assert section.tables[0].rows[0] == ("isolation.median", "≤ 1.2", "4.5", "missed")
    assert section.tables[0].rows[1] == ("errors.count", "≤ 0", "0", "kept")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"ended": None}, "The run was cut off"),
        ({"stopped": "somebody pressed Ctrl-C"}, "The run was stopped early: somebody pressed Ctrl-C."),
        ({"client": []}, "The client was not watched"),
        ({"client": [(1, "1", 1.0, 0.0, 1)]}, "The client was the bottleneck: its process 1 used 1.00 of a core"),
    ],
)
def test_what_must_be_known_before_is_said_before(tmp_path: Path, files: dict[str, Any], said: str) -> None:
    one = page(tmp_path, **files)
    assert any(remark.text.startswith(said) for remark in one.remarks)
    assert markdown.text(said) in markdown.head(one)


def test_parts_without_data_are_left_out(tmp_path: Path) -> None:
    assert [section.name for section in page(tmp_path).sections] == [
        "isolation", "steps", "sessions", "errors", "memory", "client", "run",
    ]  # fmt: skip


def test_a_table_of_many_kinds_of_steps_ends_somewhere(tmp_path: Path) -> None:
    one = page(tmp_path, *(other(f"step {number}", number, 1) for number in range(300)))
    (section,) = [section for section in one.sections if section.name == "steps"]
    assert len(section.tables[0].rows) == MOST_ROWS
    assert "The 200 rarest kinds of steps are in summary.json only." in section.sentences[0]


def test_headings_tables_and_names_are_those_of_an_accessible_page(evil: Page) -> None:
    found = Elements(html.render(evil)).found
    names = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(names) == len(set(names))
    assert sum(tag == "h1" for tag, _ in found) == 1
    assert sum(tag == "caption" for tag, _ in found) == sum(tag == "table" for tag, _ in found) > 5
    assert {attributes.get("scope") for tag, attributes in found if tag == "th"} == {"col", "row"}


def test_the_summary_has_the_same_figures_as_data(tmp_path: Path) -> None:
    found: Summary = summary(run(tmp_path, *BLOCKED))
    found.write(tmp_path / "summary.json")
    data = json.loads((tmp_path / "summary.json").read_text())
    assert data["isolation"]["median"] == 4.5
    assert data["steps"]["click Quick"]["p50"] == found.steps["click Quick"].p50
    assert data["seat"]["p50"] is None
    assert data["run"]["scenario"] == "two_users"


def test_a_run_that_cannot_tell_has_a_report_nevertheless(tmp_path: Path) -> None:
    write(tmp_path / "run", [other("open", 1, 1, error="refused")])
    one = page(tmp_path, other("open", 1, 1, error="refused"))
    assert (
        one.verdict
        == "This run does not tell whether anybody waited for anybody else: no step of this run measured a quick task."
    )
