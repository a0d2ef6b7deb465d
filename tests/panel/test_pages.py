"""Templates, components, extensions and links, seen by a real browser at an address with a path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.panel.support import under, write
from tests.support.require import needs
from tests.support.system import PASSWORD, System

pytestmark = needs("browser")

SCRIPTS = {
    "jinja": """
        import panel as pn
        pn.extension()
        text = '''{% extends base %}
        {% block postamble %}<style>h1 { color: rgb(1, 2, 3); }</style>{% endblock %}
        {% block contents %}<h1>{{ app_title }}</h1>{{ embed(roots.main) }}{% endblock %}'''
        template = pn.Template(text)
        template.add_variable("app_title", "A template of Jinja")
        template.add_panel("main", pn.pane.Markdown("shown by jinja"))
        template.servable()
        """,
    "headless": """
        import jinja2
        import panel as pn
        from bokeh.io import curdoc
        pn.extension()
        curdoc().template = jinja2.Template('''{% from macros import embed %}<!DOCTYPE html>
        <html><meta charset="utf-8"><title>Headless</title>
        {{ bokeh_css }}{{ bokeh_js }}
        <body>{% for root in roots %}{{ embed(root) }}{% endfor %}{{ plot_script | safe }}</body></html>''')
        pn.pane.Markdown("shown by headless").servable()
        """,
    "fast": """
        import panel as pn
        pn.extension("tabulator", notifications=True)
        import pandas as pd
        link = pn.pane.Markdown("[to the other page](./links)")
        out = pn.pane.HTML('<a href="./logout">leave</a>')
        table = pn.widgets.Tabulator(pd.DataFrame({"a": ["shown by fast"]}))
        pn.template.FastListTemplate(title="Fast", sidebar=[link, out], main=[table]).servable()
        """,
    "material": """
        import panel as pn
        import panel_material_ui as pmui
        pn.extension()
        pmui.Page(title="Material", main=[pmui.Typography("shown by material")]).servable()
        """,
    "links": """
        import panel as pn
        pn.extension()
        pn.Column("shown by links", pn.pane.HTML('<a id="there" href="fast">to fast</a>')).servable()
        """,
    "components": """
        import panel as pn
        from parts import Any, Local, Old
        pn.extension()
        pn.Column(Local(), Any(), Old()).servable()
        """,
    "extended": """
        import panel as pn
        import berth_test_extension
        pn.extension()
        pn.pane.HTML("<p id='extended'></p>").servable()
        """,
}

PARTS = """
from pathlib import Path
import panel as pn
from panel.custom import AnyWidgetComponent, JSComponent, ReactiveHTML

class Local(JSComponent):
    _esm = Path(__file__).parent / "local.js"
    _stylesheets = [Path(__file__).parent / "local.css"]

class Any(AnyWidgetComponent):
    _esm = "export default { render({ el }) { el.innerHTML = 'shown by anywidget' } }"

class Old(ReactiveHTML):
    _template = "<p class='old'>shown by html</p>"
    __javascript__ = ["old.js"]
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("pages")
    write(folder, parts=PARTS)
    (folder / "local.js").write_text("""export function render() {
        const made = document.createElement("p")
        made.textContent = "shown by esm"
        return made
    }""")
    (folder / "local.css").write_text("p { color: rgb(4, 5, 6); }")
    (folder / "old.js").write_text("window.old = 'script of its own'")
    _extension(folder)
    with under("/dash", *write(folder, **SCRIPTS), PYTHONPATH=folder) as system:
        yield system


def _extension(folder: Path) -> None:
    """A package that brings its own bundle for the browser, as extensions of Bokeh do."""
    package = folder / "berth_test_extension"
    (package / "dist").mkdir(parents=True)
    (package / "__init__.py").write_text("from bokeh.models import Div\nclass Marked(Div):\n    pass\n")
    (package / "bokeh.ext.json").write_text("{}")
    (package / "package.json").write_text('{"name": "berth_test_extension", "version": "1.0.0"}')
    (package / "dist" / "berth_test_extension.js").write_text("window.extended = 'by an extension'")
    (package / "dist" / "berth_test_extension.min.js").write_text("window.extended = 'by an extension'")


class Seen:
    """A page and what it complained about."""

    def __init__(self, page: Page, system: System) -> None:
        self.page = page
        self.system = system
        self.faults: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("response", lambda answer: self.faults.append(answer.url) if answer.status >= 400 else None)

    def _note(self, said: ConsoleMessage) -> None:
        # Some templates ask for fonts of other hosts, which are not there in a test.
        if said.type == "error" and not re.search("ERR_NAME_NOT_RESOLVED|ERR_INTERNET", said.text):
            self.faults.append(said.text)

    def open(self, path: str) -> Page:
        """Open a dashboard."""
        self.faults.clear()
        self.page.goto(f"{self.system.url}/{path}")
        return self.page


@pytest.fixture(scope="module")
def seen(system: System, chromium: Browser) -> Iterator[Seen]:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{system.url}/links")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    yield Seen(page, system)
    context.close()


@pytest.mark.parametrize("name", ["jinja", "fast", "material", "links"])
def test_a_template_shows_its_dashboard_without_a_complaint(seen: Seen, name: str) -> None:
    page = seen.open(name)
    expect(page.get_by_text(f"shown by {name}")).to_be_visible()
    assert page.evaluate("document.compatMode") == "CSS1Compat"
    assert seen.faults == []


def test_a_raw_template_without_head_stays_in_standards_mode(seen: Seen) -> None:
    page = seen.open("headless")
    expect(page.get_by_text("shown by headless")).to_be_visible()
    assert page.evaluate("document.compatMode") == "CSS1Compat"


def test_components_with_local_files_are_served(seen: Seen) -> None:
    page = seen.open("components")
    for kind in ("anywidget", "html"):
        expect(page.get_by_text(f"shown by {kind}")).to_be_visible()
    try:
        expect(page.get_by_text("shown by esm")).to_be_visible(timeout=5000)
    except AssertionError:
        # About one load in a hundred Panel 1.9.4 renders nothing into a component, under `panel serve`, too.
        page = seen.open("components")
    expect(page.get_by_text("shown by esm")).to_be_visible()
    assert page.evaluate("window.old") == "script of its own"
    expect(page.get_by_text("shown by esm")).to_have_css("color", "rgb(4, 5, 6)")
    assert seen.faults == []


def test_files_of_an_extension_come_from_the_visitors_berth(seen: Seen) -> None:
    page = seen.open("extended")
    expect(page.locator("#extended")).to_be_attached()
    assert page.evaluate("window.extended") == "by an extension"
    assert seen.faults == []


def test_links_between_dashboards_stay_in_the_same_berth(seen: Seen) -> None:
    page = seen.open("links")
    page.locator("#there").click()
    expect(page.get_by_text("shown by fast")).to_be_visible()
    page.get_by_text("to the other page").click()
    expect(page.get_by_text("shown by links")).to_be_visible()
    assert page.url == f"{seen.system.url}/links"
    assert len([line for line in seen.system.lines if "seat taken by alice" in line]) == 1


def test_a_relative_link_to_log_out_finds_berths_page(seen: Seen) -> None:
    page = seen.open("fast")
    page.get_by_text("leave", exact=True).click()
    expect(page).to_have_url(re.compile("/logout$"))
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
