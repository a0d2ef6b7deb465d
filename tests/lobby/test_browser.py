"""A real browser before a real lobby."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect

from tests.lobby.conftest import Browser, Launch, RunningLobby
from tests.lobby.supervisor import FakeSupervisor, free_port
from tests.support.chromium import running

SEAT = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 13\r\n\r\n<h1>Seat</h1>"

Supervise = Callable[..., FakeSupervisor]


async def _route(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lobby: int) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if b"berth=" in head and head.startswith(b"GET /app"):
        writer.write(SEAT)
        writer.close()
        return
    if b"Upgrade: websocket" not in head:
        head = head.replace(b"Connection: keep-alive", b"Connection: close")
    try:
        back, forth = await asyncio.open_connection("127.0.0.1", lobby)
    except OSError:
        # Older patches of Python 3.11 leave the browser hanging otherwise.
        writer.close()
        return
    forth.write(head)
    await asyncio.gather(_pipe(reader, forth), _pipe(back, writer))


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


@contextmanager
def routed(lobby: RunningLobby) -> Iterator[str]:
    """A router that sends ``/app`` with any ticket to a page that says "Seat"."""
    loop, port, ready = asyncio.new_event_loop(), free_port(), threading.Event()

    stop = asyncio.Event()

    async def listen() -> None:
        await asyncio.start_server(lambda r, w: _route(r, w, lobby.port), "127.0.0.1", port)
        ready.set()
        await stop.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=lambda: loop.run_until_complete(listen()), daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One browser for all tests."""
    with running() as browser:
        yield browser


@pytest.fixture
def context(chromium: Chromium) -> Iterator[BrowserContext]:
    """A fresh visitor."""
    context = chromium.new_context()
    context.set_default_timeout(8000)
    yield context
    context.close()


def watched(context: BrowserContext) -> tuple[Page, list[str], list[str]]:
    """Return a page, what its console complains about, and which addresses it asks for."""
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    return page, complaints, asked


def log_in(page: Page) -> None:
    """Type name and password, with the keyboard alone."""
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type("secret")
    page.keyboard.press("Enter")


def test_a_login_by_keyboard_keeps_query_and_fragment(
    context: BrowserContext, supervise: Supervise, launch: Launch
) -> None:
    """Without a complaint of the browser, and without a request to any other host."""
    with routed(launch(supervise())) as site:
        page, complaints, asked = watched(context)
        page.goto(f"{site}/app?x=1#part")
        log_in(page)
        expect(page.get_by_role("heading")).to_have_text("Seat")
        assert page.url == f"{site}/app?x=1#part"
        assert complaints == []
        assert all(url.startswith(site) for url in asked)


def test_the_waiting_room_goes_on_by_itself(context: BrowserContext, supervise: Supervise, launch: Launch) -> None:
    """It shows the place, moves up, survives a restart of the lobby, and ends at the seat with its fragment."""
    fake = supervise(seats=0)
    lobby = launch(fake)
    ahead = Browser(lobby).become().wait()
    with routed(lobby) as site:
        page, complaints, _ = watched(context)
        page.goto(f"{site}/app#part")
        log_in(page)
        expect(page.get_by_role("heading", name="All places are taken")).to_be_visible()
        expect(page.locator("#place")).to_have_text("2")
        expect(page).to_have_title("(2) Waiting – Berth")
        ahead.close()
        expect(page.locator("#place")).to_have_text("1", timeout=8000)
        assert complaints == []
        lobby.stop()
        lobby.start()
        fake.seats = 1
        expect(page.get_by_role("heading")).to_have_text("Seat")
        assert page.url == f"{site}/app#part"


def test_a_guest_is_seated_without_doing_anything(
    context: BrowserContext, supervise: Supervise, launch: Launch
) -> None:
    """The waiting page is passed so quickly that nobody reads it."""
    with routed(launch(supervise(), BERTH_LOGIN="none", CREDENTIALS="")) as site:
        page, complaints, _ = watched(context)
        page.goto(f"{site}/app?x#part")
        expect(page.get_by_role("heading", name="Seat")).to_be_visible()
        assert page.url == f"{site}/app?x#part"
        assert complaints == []


def test_a_password_can_be_shown(context: BrowserContext, supervise: Supervise, launch: Launch) -> None:
    """By a button that says what it does."""
    with routed(launch(supervise())) as site:
        page, _, _ = watched(context)
        page.goto(f"{site}/login")
        password = page.get_by_label("Password", exact=True)
        page.get_by_role("button", name="Show password").click()
        expect(password).to_have_attribute("type", "text")
        expect(page.get_by_role("button", name="Hide password")).to_have_attribute("aria-pressed", "true")


def test_without_scripts_a_visitor_can_log_in(chromium: Chromium, supervise: Supervise, launch: Launch) -> None:
    """And the waiting room looks again every few seconds."""
    fake = supervise(seats=0)
    with routed(launch(fake)) as site:
        page = chromium.new_context(java_script_enabled=False).new_page()
        page.goto(f"{site}/app")
        page.fill("#username", "ada")
        page.fill("#password", "secret")
        page.click("button[type=submit]")
        expect(page.get_by_role("heading", name="All places are taken")).to_be_visible()
        fake.seats = 1
        expect(page.get_by_role("heading")).to_have_text("Seat", timeout=8000)
