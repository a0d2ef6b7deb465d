"""With ``--dev`` open pages follow their script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Visitors
from tests.support.system import System

SCRIPT = "import panel as pn\n\npn.pane.Str('{}').servable()\n"


def test_saving_the_script_shows_its_new_version_in_the_open_page(
    visitors: Visitors, serve: Callable[..., Path]
) -> None:
    """Twice in a row, without a hand on the browser."""
    script = serve(SCRIPT.format("version one"))
    with System(script, options=("--dev",)) as system:
        page = visitors.page(system.url)
        expect(page.get_by_text("version one")).to_be_visible()
        script.write_text(SCRIPT.format("version two"))
        expect(page.get_by_text("version two")).to_be_visible()
        script.write_text(SCRIPT.format("version three"))
        expect(page.get_by_text("version three")).to_be_visible()
        page.close()
