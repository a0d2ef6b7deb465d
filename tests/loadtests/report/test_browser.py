"""The page in a browser: nothing is fetched, and everybody can use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # has no types
from playwright.sync_api import Browser

from loadtests.report import compare
from tests.loadtests.report import folder
from tests.loadtests.report.folder import BLOCKED, CALM, other
from tests.support.chromium import running
from tests.support.require import needs

pytestmark = needs("browser")

SEVERE = ("serious", "critical")

SAMPLES = (("fleet", "taken", 1), ("fleet", "seats", 4), ("router", "memory", 12.0), ("berths", "memory", 30.0))
FLEET = [(at, *sample) for at in (0, 30) for sample in SAMPLES]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this module."""
    with running() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report with everything in it, and a comparison."""
    base = tmp_path_factory.mktemp("runs")
    bound = base / "thresholds.toml"
    bound.write_text("[isolation]\nmedian = 1.2\n[seat]\np95 = 1\n[sessions]\nlost = 0\n")
    more = (
        *(other("seat", at, 0.2) for at in (0, 20)),
        other("set <script>fetch('http://127.0.0.1:9/')</script>", 3, 1),
        other("open", 2, 1, error="<img src='http://127.0.0.1:9/x'>"),
        other("session", 0, 50, error="closed with 1006"),
    )
    runs = [
        folder.write(base / label, (*steps, *more), FLEET, client=[(1, "1", 1.0, 0.1, 2)], label=label)
        for label, steps in (("panel serve", CALM), ("berth up", BLOCKED))
    ]
    assert compare(runs, base, bound) == 3
    return {"report": runs[1] / "report.html", "comparison": base / "comparison.html"}


@pytest.mark.parametrize("name", ["report", "comparison"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_fetched_and_axe_finds_nothing(
    chromium: Browser, pages: dict[str, Path], name: str, scheme: str
) -> None:
    asked: list[str] = []
    said: list[str] = []
    page = chromium.new_page(color_scheme=scheme)  # type: ignore[arg-type]  # a parameter is any text
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(pages[name].as_uri())
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if url not in (pages[name].as_uri(), "data:,")] == []
    assert said == []
    assert page.locator("svg[role=img]").count() >= 4
    # Axe is a script, which the page itself does not allow.
    bare = chromium.new_page(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    bare.goto(pages[name].as_uri())
    violations = Axe().run(bare).response["violations"]
    assert [
        (one["id"], [node["target"] for node in one["nodes"]]) for one in violations if one["impact"] in SEVERE
    ] == []
    bare.close()
    page.close()


def test_the_answer_is_on_the_first_screen_with_the_thresholds(chromium: Browser, pages: dict[str, Path]) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto(pages["report"].as_uri())
    for text in ("Others waited: ", "3 thresholds missed"):
        box = page.get_by_text(text).first.bounding_box()
        assert box
        assert box["y"] + box["height"] < 720
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen(chromium: Browser, pages: dict[str, Path], width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 720})
    page.goto(pages["report"].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_printed_page_is_light(chromium: Browser, pages: dict[str, Path]) -> None:
    page = chromium.new_page(color_scheme="dark")
    page.goto(pages["report"].as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(16, 21, 27)"
    assert not page.get_by_role("navigation").is_visible()
    page.close()


def test_tables_can_be_scrolled_by_keyboard(chromium: Browser, pages: dict[str, Path]) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 720})
    page.goto(pages["report"].as_uri())
    table = page.get_by_role("group", name="How long each step took")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("element => element.scrollLeft > 0", arg=table.element_handle())
    page.close()
