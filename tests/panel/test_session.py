"""What a dashboard knows of its session, and what it can do in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.panel.support import enter, labels, logged, write
from tests.support.client import Browser
from tests.support.system import System

SCRIPTS = {
    "known": """
        import panel as pn
        pn.extension()
        state = pn.state
        told = (*state.cookies, state.headers["Cookie"])
        facts = {
            "user": state.user,
            "info": state.user_info,
            "cookie": state.cookies.get("flavour"),
            "header": state.headers.get("X-Flavour"),
            "argument": state.session_args["taste"][0].decode(),
            "secrets": [name for name in ("berth", "visitor") if any(name in text for text in told)],
        }
        pn.Column(*(pn.widgets.Button(name=f"{name}: {value}") for name, value in facts.items())).servable()
        """,
    "busy": """
        import asyncio
        import threading
        import panel as pn
        pn.extension(nthreads=2)

        periodic = pn.widgets.Button(name="periodic 0")
        def tick():
            periodic.name = f"periodic {int(periodic.name.split()[1]) + 1}"
        pn.state.add_periodic_callback(tick, period=100)

        loaded = pn.widgets.Button(name="not loaded")
        pn.state.onload(lambda: setattr(loaded, "name", "has loaded"))

        asynchronous = pn.widgets.Button(name="async")
        async def later(event):
            await asyncio.sleep(0.05)
            asynchronous.name = "async done"
        asynchronous.on_click(later)

        threaded = pn.widgets.Button(name="thread")
        def where(event):
            threaded.name = f"ran in {threading.current_thread().name.split('_')[0]}"
        threaded.on_click(where)

        executed = pn.widgets.Button(name="execute")
        def execute(event):
            pn.state.execute(lambda: setattr(executed, "name", "executed"), schedule=True)
        executed.on_click(execute)

        locked = pn.widgets.Button(name="lock")
        @pn.io.with_lock
        async def with_lock(event):
            locked.name = "locked"
        locked.on_click(with_lock)

        beside = pn.widgets.Button(name="beside")
        def work():
            beside.name = "done beside"
        beside.on_click(lambda event: threading.Thread(target=work).start())

        pn.Column(periodic, loaded, asynchronous, threaded, executed, locked, beside).servable()
        """,
    "hooked": """
        import panel as pn
        def bye(context, user=pn.state.user):
            print(f"destroyed: hooked of {user}", flush=True)
        pn.state.on_session_destroyed(bye)
        pn.widgets.Button(name="of hooked").servable()
        """,
    "handled": """
        import panel as pn
        def mine(exception):
            button.name = f"handled {exception}"
        pn.extension(exception_handler=mine)
        button = pn.widgets.Button(name="raise")
        button.on_click(lambda event: 1 / 0)
        button.servable()
        """,
    "members": """
        import panel as pn
        pn.extension(authorize_callback=lambda info: info["user"] == "alice")
        pn.widgets.Button(name="for alice").servable()
        """,
}

SETUP = """
import panel as pn
def may(info, path):
    return info["user"] != "dave"
pn.config.authorize_callback = may
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("session")
    (setup,) = write(folder, setup=SETUP)
    with System(*write(folder, **SCRIPTS), options=("--setup", setup), BERTH_SPARE=2) as system:
        yield system


@pytest.fixture(scope="module")
def browser(system: System) -> Browser:
    return system.browser("alice")


def test_a_dashboard_knows_its_visitor_and_the_request_but_no_secret_of_berth(browser: Browser) -> None:
    browser.http.cookies.set("flavour", "salt")
    browser.http.headers["X-Flavour"] = "sugar"
    page = browser.open("/known?taste=sour")
    assert set(labels(page)) == {
        "user: alice",
        "info: {'user': 'alice'}",
        "cookie: salt",
        "header: sugar",
        "argument: sour",
        "secrets: []",
    }


@pytest.mark.parametrize(
    ("label", "result"),
    [
        ("async", "async done"),
        ("thread", "ran in ThreadPoolExecutor-"),
        ("execute", "executed"),
        ("lock", "locked"),
        ("beside", "done beside"),
    ],
)
def test_callbacks_of_every_kind_answer(browser: Browser, label: str, result: str) -> None:
    session = browser.open("/busy")
    assert session.click_and_wait(label, result, 5) < 5
    session.leave()


def test_periodic_callbacks_and_onload_run(browser: Browser) -> None:
    session = browser.open("/busy")
    session.wait("has loaded", 5)
    session.wait("periodic 5", 5)
    session.leave()


def test_a_dashboards_own_exception_handler_wins(browser: Browser) -> None:
    assert browser.open("/handled").click_and_wait("raise", "handled division by zero", 5) < 5


def test_an_authorization_of_a_session_decides_who_sees_a_dashboard(system: System, browser: Browser) -> None:
    assert "for alice" in labels(browser.open("/members"))
    bob = enter(system, "bob", "/hooked").browser
    page = bob.page("/members")
    assert "Authorization Error" in page.text
    assert '"token"' not in page.text


def test_a_global_authorization_decides_before_a_dashboard_runs(system: System) -> None:
    dave = system.browser("dave")
    page = system.until(lambda: (answer := dave.page("/hooked")).status_code == 403 and answer)
    assert "Authorization Error" in page.text


def test_a_link_to_log_out_leads_to_berths_page_and_ends_the_session(system: System) -> None:
    session = enter(system, "carol", "/hooked")
    carol = session.browser
    page = carol.page("/logout")
    token = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert token
    carol.http.post(f"{system.url}/logout", data={"_xsrf": token.group(1)})
    assert logged(system, "destroyed: hooked of carol")
    assert "/login" in carol.page("/hooked").url


def test_destroy_hooks_run_when_the_page_is_left(system: System) -> None:
    session = enter(system, "user1", "/hooked")
    session.leave()
    assert logged(system, "destroyed: hooked of user1")


def test_exit_functions_run_when_a_berth_ends(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("exit")
    leaving = """
        import atexit
        import tempfile
        import panel as pn
        kept = tempfile.TemporaryDirectory(dir=FOLDER)
        atexit.register(print, "atexit: ran", flush=True)
        pn.widgets.Button(name=kept.name).servable()
        """
    with System(*write(folder, leaving=leaving.replace("FOLDER", repr(str(folder)))), BERTH_DRAIN_GRACE=0) as system:
        enter(system, "alice", "/leaving")
        system.process.terminate()
        assert logged(system, "atexit: ran")
        system.process.wait(15)
    assert [path for path in folder.iterdir() if path.is_dir()] == []


def test_destroy_hooks_run_when_the_system_stops(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("stopping")
    with System(*write(folder, hooked=SCRIPTS["hooked"]), BERTH_DRAIN_GRACE=0) as system:
        enter(system, "bob", "/hooked")
        system.process.terminate()
        assert logged(system, "destroyed: hooked of bob")
