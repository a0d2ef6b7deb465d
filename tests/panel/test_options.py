"""The options of ``panel serve`` that Berth has, at an address with and without a path."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.panel.support import change, enter, files, labels, log_of, logged, stranger, under, write
from tests.support.client import Browser
from tests.support.system import System

SETUP = """
import os
import panel as pn

count = 0

def work():
    global count
    count += 1
    pn.state.cache["worked"] = count

pn.state.cache["prepared"] = f"by {os.getpid()}"
pn.state.schedule_task("work", work, period="1s")
pn.state.on_session_created(lambda context: print("setup: session created", flush=True))
pn.state.on_session_destroyed(lambda context: print("setup: session destroyed", flush=True))
print("setup: ran", flush=True)
"""

SCRIPT = """
import os
import panel as pn
pn.extension()
prepared = pn.widgets.Button(name=f"prepared {pn.state.cache['prepared'] == f'by {os.getpid()}'}")
worked = pn.widgets.Button(name="worked 0")
worked.on_click(lambda event: setattr(worked, "name", f"has worked {pn.state.cache.get('worked', 0)} times"))
base = pn.widgets.Button(name=f"base {pn.state.base_url}")
query = pn.widgets.TextInput(name="query", value="none")
pn.state.location.sync(query, {"value": "q"})
pn.Column(prepared, worked, base, query).servable()
"""

PLUGIN = """
from tornado.web import RequestHandler

class Answer(RequestHandler):
    def get(self):
        self.write(f"plugin for {self.request.visitor.user}")

ROUTES = [("/plugin/answer", Answer, {})]
"""


@pytest.fixture(scope="module", params=["", "/dash"], ids=["no path", "path"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("options")
    (folder / "papers").mkdir()
    (folder / "papers" / "a.txt").write_text("a paper")
    script, setup, _ = write(folder, script=SCRIPT, setup=SETUP, berth_test_plugin=PLUGIN)
    options = ("--setup", setup, "--static-dirs", f"papers={folder}/papers", "--plugins", "berth_test_plugin")
    with under(request.param, script, options=options, PYTHONPATH=folder, BERTH_SEAT_GRACE=1) as system:
        yield system


@pytest.fixture(scope="module")
def browser(system: System) -> Browser:
    return system.browser("alice")


def test_setup_runs_once_in_every_berth_before_the_scripts(system: System, browser: Browser) -> None:
    assert "prepared True" in labels(browser.open("/script"))
    assert "prepared True" in labels(browser.open("/script"))
    name = system.berth_of("alice")["name"]
    assert len([line for line in log_of(system, "setup: ran") if f"{name}:" in line or f"{name} " in line]) == 1


def test_a_task_that_setup_schedules_runs_in_the_berth(system: System, browser: Browser) -> None:
    session = browser.open("/script")
    assert system.until(lambda: session.click_and_wait("worked 0", "has worked", 3) and True, 5)


def test_session_hooks_of_setup_run_when_a_visitor_comes_and_leaves(system: System) -> None:
    session = enter(system, "bob", "/script")
    assert logged(system, "(bob): setup: session created")
    session.leave()
    assert logged(system, "(bob): setup: session destroyed")


def test_static_dirs_are_served_to_visitors_only(system: System, browser: Browser) -> None:
    browser.open("/script")
    assert browser.http.get(f"{system.url}/papers/a.txt").text == "a paper"
    assert stranger(system, "/papers/a.txt") == 403


def test_routes_of_plugins_are_served_to_visitors_only(system: System, browser: Browser) -> None:
    browser.open("/script")
    assert browser.http.get(f"{system.url}/plugin/answer").text == "plugin for alice"
    assert stranger(system, "/plugin/answer") == 403


def test_the_location_is_in_step_with_widgets(system: System, browser: Browser) -> None:
    session = browser.open("/script")
    change(session, "Location", "search", "?q=from+the+address")
    session.wait("from the address")
    assert f"base {system.prefix}/" in labels(session)


def test_the_front_door_leads_to_the_only_dashboard_with_its_query(system: System, browser: Browser) -> None:
    answer = browser.page("/?q=1")
    assert answer.url == f"{system.url}/script?q=1"


def test_pages_name_their_files_below_the_path(system: System, browser: Browser) -> None:
    session = browser.open("/script")
    for address in files(session):
        assert address.startswith(system.url)
        assert browser.http.get(address).status_code == 200, address
