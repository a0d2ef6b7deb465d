"""Scripts that open a server themselves are served as they are, and their server is not opened."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.panel.support import labels, listening, log_of, stranger, write
from tests.support.client import Browser
from tests.support.system import System

SCRIPTS = {
    "guarded": """
        import sys
        import panel as pn
        pn.extension()
        script = sys.argv[0].rpartition("/")[2]

        def first():
            return pn.widgets.Button(name=f"first of {script}")

        def second():
            return pn.template.FastListTemplate(title="Two", main=[pn.widgets.Button(name="second")]).servable()

        if __name__ == "__main__":
            pn.serve(
                {"one": first, "two": second}, port=5999, show=False, websocket_origin="*",
                basic_auth="secret", cookie_secret="s" * 40, num_procs=2,
                title={"one": "Number one", "two": "Number two"},
            )
        """,
    "bare": """
        import panel as pn
        import asyncio

        async def data():
            return "fetched"

        name = asyncio.run(data())
        pn.serve(lambda: pn.widgets.Button(name=name), port=5998, title="Bare")
        raise SystemExit("the author's server would have ended")
        """,
    "unstarted": """
        import panel as pn
        go = pn.widgets.Button(name="go")
        go.on_click(lambda event: setattr(go, "name", "gone"))
        server = pn.serve(pn.Column(go), 5997, start=False, show=False)
        server.start()
        server.io_loop.start()
        """,
    "threaded": """
        import time
        import panel as pn
        counter = pn.widgets.Button(name="count 0")
        thread = pn.serve(pn.Column(counter), threaded=True, port=5996)
        while True:
            time.sleep(0.1)
        """,
    "shown": """
        import panel as pn
        pn.Column(pn.widgets.Button(name="of shown")).show(port=5995, title="Shown")
        """,
    "elsewhere": """
        from neighbour import main
        main()
        """,
    "plotting": """
        import panel as pn

        class Figure:
            def show(self):
                pass

        Figure().show()
        pn.widgets.Button(name="of plotting").servable()
        """,
    "either": """
        import panel as pn
        button = pn.widgets.Button(name=f"name {__name__[:5]}")
        if __name__ == "__main__":
            button.show()
        else:
            button.servable()
        """,
    "careless": """
        import panel as pn
        button = pn.widgets.Button(name="of careless").servable()
        pn.serve(button, port=5994)
        """,
    "rooms": """
        import panel as pn

        def room():
            return pn.widgets.Button(name=f"room {pn.state.route_params['room']}")

        def hall():
            return pn.widgets.Button(name="hall")

        pn.serve({"/rooms/{room}": room, "/hall": hall}, static_dirs={"papers": FOLDER})
        """,
}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("takeover")
    (folder / "papers").mkdir()
    (folder / "papers" / "a.txt").write_text("a paper")
    scripts = {name: text.replace("FOLDER", repr(str(folder / "papers"))) for name, text in SCRIPTS.items()}
    write(folder, neighbour="import panel as pn\ndef main():\n    pn.serve(pn.widgets.Button(name='of elsewhere'))\n")
    with System(*write(folder, **scripts)) as system:
        yield system


@pytest.fixture(scope="module")
def browser(system: System) -> Browser:
    return system.browser("alice")


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("one", "first of guarded.py"),
        ("two", "second"),
        ("bare", "fetched"),
        ("unstarted", "go"),
        ("threaded", "count 0"),
        ("shown", "of shown"),
        ("elsewhere", "of elsewhere"),
        ("rooms/blue", "room blue"),
        ("hall", "hall"),
    ],
)
def test_apps_that_a_script_would_serve_are_served(browser: Browser, path: str, label: str) -> None:
    assert label in labels(browser.open(f"/{path}"))


@pytest.mark.parametrize(
    ("path", "label"), [("plotting", "of plotting"), ("either", "name bokeh"), ("careless", "of careless")]
)
def test_a_script_with_servable_is_run_as_panel_serve_runs_it(browser: Browser, path: str, label: str) -> None:
    assert label in labels(browser.open(f"/{path}"))


def test_callbacks_of_a_served_viewable_work_in_every_page(browser: Browser) -> None:
    browser.open("/unstarted").leave()
    assert browser.open("/unstarted").click_and_wait("go", "gone") < 5


@pytest.mark.parametrize(("path", "title"), [("one", "Number one"), ("bare", "Bare"), ("shown", "Shown")])
def test_the_title_of_the_call_is_followed(browser: Browser, path: str, title: str) -> None:
    page = browser.page(f"/{path}")
    assert re.search(f"<title>\\s*{title}\\s*</title>", page.text)
    assert title in browser.page("/").text


def test_static_dirs_of_the_call_are_served_behind_the_gate(system: System, browser: Browser) -> None:
    browser.open("/hall")
    assert browser.http.get(f"{system.url}/papers/a.txt").text == "a paper"
    assert stranger(system, "/papers/a.txt") == 403


def test_no_server_but_the_berths_own_is_opened(system: System, browser: Browser) -> None:
    for path in ("one", "careless", "threaded"):
        browser.open(f"/{path}")
    for berth in system.status()["berths"]:
        assert listening(berth["pid"]) == {berth["port"]}


def test_one_line_of_the_log_says_which_arguments_berth_sets_itself(system: System) -> None:
    lines = [line for line in log_of(system, "guarded.py opens a server") if "berth-0" in line]
    assert len(lines) == 1
    assert lines[0].endswith("basic_auth, cookie_secret, num_procs, port, show, websocket_origin.")
    (followed,) = [line for line in log_of(system, "rooms.py opens a server") if "berth-0" in line]
    assert followed.endswith("All its arguments are followed.")
    system.until(lambda: "no second server is opened" in system.log())
