"""Clients and dashboards that misbehave: who suffers, and who must not."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
import requests
import websocket

from berth.tickets import Keys
from tests.support.client import Browser, Session, connect
from tests.support.raw import closed_within, request
from tests.support.system import PASSWORD, System

HOSTILE = """
import asyncio, ctypes, os, signal, subprocess, sys, threading, time
import panel as pn
pn.extension()

class Stop(BaseException):
    pass

shown = pn.pane.Str("waits")

def stream():
    big = pn.pane.Str("")
    pn.Row(big).servable()
    def more():
        big.object = f"{time.monotonic()}" + "x" * 2_000_000
    pn.state.add_periodic_callback(more, period=10)

def stream_from_thread():
    big = pn.pane.Str("")
    pn.Row(big).servable()
    def more():
        while True:
            big.object = f"{time.monotonic()}" + "x" * 2_000_000
            time.sleep(0.01)
    pn.state.onload(lambda: threading.Thread(target=more, daemon=True).start())

def print_megabytes():
    threading.Thread(target=lambda: [print("x" * 1000) for _ in iter(int, 1)], daemon=True).start()

def print_lines():
    threading.Thread(target=lambda: [os.write(1, b"x\\n" * 30000) for _ in iter(int, 1)], daemon=True).start()

def leave_things_behind():
    sleep = [sys.executable, "-c", "import time; time.sleep(600)", os.environ["MARK"]]
    subprocess.Popen(sleep)
    subprocess.Popen(sleep, start_new_session=True)
    subprocess.Popen(sleep, process_group=0)
    subprocess.Popen(["sh", "-c", '"$@" & ', "sh", *sleep], start_new_session=True).wait()
    if os.fork() == 0:
        os.setsid()
        os.execv(sleep[0], sleep)
    threading.Thread(target=time.sleep, args=(600,)).start()

def deep(levels):
    return deep(levels - 1) if levels else time.sleep(3)

def many_threads():
    threads = [threading.Thread(target=deep, args=(60,), daemon=True) for _ in range(90)]
    for thread in threads:
        thread.start()
    deep(60)

def deaf():
    for number in (signal.SIGIO, signal.SIGUSR1, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    shown.object = "deaf now"

def deaf_and_stuck():
    deaf()
    time.sleep(0.3)
    ctypes.PyDLL(None).sleep(600)

def die_of_signals():
    for number in (signal.SIGUSR1, signal.SIGIO):
        signal.signal(number, signal.SIG_DFL)
    time.sleep(3)

def close_everything():
    os.closerange(3, 4096)

def close_the_log():
    os.close(1)
    os.close(2)
    print("nobody hears this")

def wander():
    os.chdir("/")
    os.environ.clear()
    sys.path.clear()
    os.umask(0o777)

def no_threads():
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))

def own_session():
    os.setsid()

def raise_stop():
    raise Stop("stop")

def raise_exit():
    raise SystemExit(3)

def sys_exit():
    sys.exit("bye")

def interrupt():
    raise KeyboardInterrupt

def cancel():
    raise asyncio.CancelledError

def generator_exit():
    raise GeneratorExit

def exit_now():
    os._exit(7)

def abort():
    os.abort()

def kill_group():
    os.killpg(0, signal.SIGKILL)

def stop_itself():
    os.kill(os.getpid(), signal.SIGSTOP)

def recurse():
    return recurse()

def forget_the_loop():
    asyncio.get_event_loop().stop()

async def exit_later():
    await asyncio.sleep(0.05)
    sys.exit(1)

def in_thread():
    threading.Thread(target=sys.exit).start()
    threading.Thread(target=raise_stop).start()
    shown.object = "in_thread is done"

way = pn.state.session_args.get("way", [b""])[0].decode()
when = pn.state.session_args.get("when", [b"click"])[0].decode()
quick = pn.widgets.Button(name="Quick")
def answer(event):
    shown.object = f"quick {quick.clicks}"
quick.on_click(answer)
act = pn.widgets.Button(name="Act", on_click=lambda event: pn.state.execute(globals()[way]))
if way.startswith("stream"):
    globals()[way]()
elif way and when == "page":
    globals()[way]()
pn.Column(quick, act, shown).servable()
"""

MARK = f"berth-test-{os.getpid()}"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "hostile.py"
    path.write_text(HOSTILE)
    return path


@pytest.fixture(scope="module")
def system(script: Path) -> Iterator[System]:
    limits = {"BERTH_SEAT_GRACE": 0.2, "BERTH_LOST_GRACE": 1, "BERTH_UPLOAD_LIMIT": 1}
    settings = {**limits, "BERTH_MAX_BERTHS": 8, "BERTH_SPARE": 2, "MARK": MARK}
    with System(script, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def neighbour(system: System) -> Session:
    """Somebody who works in a berth of their own all the time and must notice nothing."""
    return system.browser("bob").open("/hostile")


@pytest.fixture(autouse=True)
def neighbour_works_on(system: System, neighbour: Session) -> Iterator[None]:
    """After every test the neighbour's session and process are as they were, and seats stand ready."""
    before = berth(system, "bob")
    yield
    assert berth(system, "bob")["pid"] == before["pid"]
    assert click(neighbour) < 1.0
    system.until(lambda: system.status()["ready"] >= 1)


def click(session: Session) -> float:
    """Press the quick button and return how long its answer took (s)."""
    session.clicks = getattr(session, "clicks", 0) + 1  # type: ignore[attr-defined]  # kept where it is counted
    return session.click_and_wait("Quick", f"quick {session.clicks}", 20)  # type: ignore[attr-defined]


def median(times: list[float]) -> float:
    """The middle one."""
    return sorted(times)[len(times) // 2]


def berth(system: System, user: str) -> dict[str, object]:
    """Status of the user's berth; the log may be a moment behind."""
    return dict(system.until(lambda: system.berth_of(user)))


def status_takes(system: System) -> float:
    """How long the supervisor takes to answer (s)."""
    began = time.monotonic()
    system.status()
    return time.monotonic() - began


def enter(system: System, user: str, path: str = "/hostile") -> Session:
    """Open the dashboard, waiting for a seat as long as it takes."""
    return opened(system, system.browser(user), path)


def opened(system: System, browser: Browser, path: str) -> Session:
    """Open a dashboard in a browser that is logged in, once a seat is free."""

    def attempt() -> Session | None:
        try:
            return browser.open(path)
        except websocket.WebSocketException:
            # The berth of before is still ending.
            return None

    session: Session = system.until(attempt, 20, 0.2)
    return session


def end_of(system: System, process: psutil.Process, patience: float = 9) -> None:
    """Wait until a process has ended."""
    system.until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, patience)


def memory(process: psutil.Process) -> int:
    """What a process holds (bytes); nothing once it has ended, as it does after its client was cut."""
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


# Clients


@pytest.mark.parametrize("way", ["stream", "stream_from_thread"])
def test_a_client_that_never_reads_is_kept_waiting_in_bounded_memory(
    system: System, neighbour: Session, way: str
) -> None:
    """Hundreds of megabytes a second are streamed at it; its berth holds few of them, reacts, and ends when it goes."""
    browser = system.browser("alice")
    page = Session.__new__(Session)
    page.browser, page.clicks = browser, 0  # type: ignore[attr-defined]
    answer = browser.page(f"/hostile?way={way}")
    token = answer.text.split('"token":"')[1].split('"')[0]
    deaf = connect(browser, f"{system.url}/hostile", token)
    assert "ACK" in str([deaf.recv() for _ in range(3)])
    for number, kind in enumerate(("PULL-DOC-REQ", "PATCH-DOC")):
        event = {"type": "event", "name": "document_ready", "values": {"type": "map", "entries": []}}
        sent = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}
        for part in ({"msgid": str(number), "msgtype": kind}, {}, {"events": [sent]} if number else {}):
            deaf.send(json.dumps(part))
    its = berth(system, "alice")
    process = psutil.Process(int(str(its["pid"])))
    before = process.memory_info().rss
    times, most = [], 0
    until = time.monotonic() + 5
    while time.monotonic() < until:
        times.append(click(neighbour))
        most = max(most, memory(process))
        time.sleep(0.05)
    assert (most - before) / 2**20 < 600
    assert (memory(process) - before) / 2**20 < 150
    assert median(times) < 0.1
    deaf.sock.close()
    browser.http.post(
        f"{system.url}/berth/left",
        data={"page": answer.text.split('data-page="')[1].split('"')[0]},
        headers={"Origin": system.url},
        timeout=5,
    )
    end_of(system, process, 12)


def test_a_message_over_the_limit_ends_its_own_connection_only(system: System) -> None:
    """The same visitor's other tab goes on in the same process, and so does the page itself when it comes back."""
    browser = system.browser("carol")
    first, second = browser.open("/hostile"), browser.open("/hostile")
    click(first)
    with contextlib.suppress(OSError):
        first.socket.send("x" * 4 * 2**20)
    assert closed_within(first.socket.sock, 10)
    click(second)
    first.connect()
    click(first)
    first.leave()
    second.leave()


@pytest.mark.parametrize(
    "frames",
    [
        ["nonsense"],
        ["{}", "{}", "{}"],
        ['{"msgid": "1", "msgtype": "NO-SUCH-THING"}', "{}", "{}"],
        ['{"msgid": "1", "msgtype": "PATCH-DOC"}', "{}", '{"events": [{"kind": "Nothing"}]}'],
        ['{"msgid": "1", "msgtype": "PATCH-DOC", "num_buffers": 1000000000}', "{}", "{}"],
        ['{"msgid": "1", "msgtype": "PATCH-DOC", "num_buffers": -1}', "{}", '{"events": 7}'],
        ["[" * 100000],
        ['{"msgid": "1", "msgtype": "PUSH-DOC"}', "{}", '{"doc": {}}'],
    ],
)
def test_frames_without_sense_disturb_one_connection_at_most(system: System, frames: list[str]) -> None:
    """Whatever a client sends in place of Bokeh's messages, no traceback comes back and the other tab goes on."""
    browser = system.browser("dave")
    first, second = browser.open("/hostile"), browser.open("/hostile")
    pid = berth(system, "dave")["pid"]
    heard = ""
    with contextlib.suppress(websocket.WebSocketException, OSError):
        for frame in frames:
            first.socket.send(frame)
        first.socket.settimeout(0.5)
        while said := first.socket.recv():
            heard += str(said)
    assert "Traceback" not in heard
    assert 'File \\"' not in heard
    click(second)
    assert berth(system, "dave")["pid"] == pid
    first.close()
    second.leave()


def test_700_silent_and_slow_clients_keep_nobody_out(system: System, neighbour: Session) -> None:
    """500 connections say nothing and 200 send a header line a second: clicks, pages and logins are fast as before."""
    before = median([click(neighbour) for _ in range(20)])
    stop = threading.Event()
    with contextlib.ExitStack() as opened:
        crowd = [opened.enter_context(socket.create_connection(("127.0.0.1", system.port))) for _ in range(700)]
        slow = crowd[500:]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")

        def drip() -> None:
            while not stop.wait(0.5):
                for connection in slow:
                    with contextlib.suppress(OSError):
                        connection.sendall(b"X: y\r\n")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            times = [click(neighbour) for _ in range(40)]
            began = time.monotonic()
            newcomer = system.browser("user1").open("/hostile")
            took = time.monotonic() - began
            click(newcomer)
            newcomer.leave()
            with ThreadPoolExecutor(20) as pool:
                gone = list(pool.map(lambda one: closed_within(one, 14), slow[::10]))
        finally:
            stop.set()
            dripping.join()
    assert median(times) < max(5 * before, 0.05)
    assert took < 3
    assert all(gone), "slow senders of headers are cut after some seconds"


def test_a_form_that_is_sent_slowly_is_not_waited_for(system: System) -> None:
    """A body that drips in for ever ends within some seconds, also when it is longer than what the router holds."""
    with socket.create_connection(("127.0.0.1", system.port)) as slow:
        head = f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{system.port}\r\nContent-Length: 60000\r\n"
        slow.sendall((head + "Content-Type: application/x-www-form-urlencoded\r\n\r\n").encode() + b"x" * 30000)
        ended = False
        for _ in range(18):
            with contextlib.suppress(OSError):
                slow.sendall(b"x")
            if ended := closed_within(slow, 1):
                break
        assert ended


def flood(system: System, count: int, path: str = "/hostile") -> list[int]:
    """Ask that often for a page without any cookie, over a few connections."""

    def some(number: int) -> list[int]:
        connection = http.client.HTTPConnection("127.0.0.1", system.port, timeout=30)
        statuses = []
        for _ in range(number):
            connection.request("GET", path, headers={"Accept": "text/html"})
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        return statuses

    with ThreadPoolExecutor(4) as pool:
        return [status for part in pool.map(some, [count // 4] * 4) for status in part]


def test_two_thousand_requests_without_cookies_take_no_seat(system: System, neighbour: Session) -> None:
    """Where visitors log in: all are sent to the login, and a neighbour's clicks go on meanwhile."""
    taken = system.status()["taken"]
    flooding = threading.Thread(target=flood, args=(system, 1900))
    flooding.start()
    times = [click(neighbour) for _ in range(30)]
    flooding.join()
    assert set(flood(system, 100)) == {303}
    assert system.status()["taken"] == taken
    assert median(times) < 0.15


def test_without_a_login_requests_take_no_seat_either(script: Path) -> None:
    """2,000 bots that only ask for pages hold no seat, and a browser that comes then is seated at once."""
    with System(script, BERTH_LOGIN="none", BERTH_MAX_BERTHS=2, MARK=MARK) as open_house:
        statuses = flood(open_house, 1500) + flood(open_house, 500, "/berth/waiting?next=/hostile")
        assert set(statuses) <= {200, 303}
        assert open_house.status()["taken"] == 0
        guest = Browser(open_house.url)
        assert "/berth/waiting" in guest.page("/hostile").url
        cookie = "; ".join(f"{one.name}={one.value}" for one in guest.http.cookies)
        url = f"{open_house.url}/berth/waiting/ws?next=/hostile".replace("http", "ws", 1)
        room = websocket.create_connection(url, cookie=cookie, origin=open_house.url, timeout=10)
        while '"go"' not in str(room.recv()):
            pass
        assert guest.page("/berth/seat?next=/hostile").status_code == 200
        assert open_house.status()["taken"] == 1


# Dashboards


@pytest.mark.parametrize("way", ["print_megabytes", "print_lines"])
def test_a_dashboard_that_prints_without_end_delays_nobody(system: System, neighbour: Session, way: str) -> None:
    """Neither the neighbour's clicks nor the supervisor, who gives seats, wait for its output."""
    before = median([click(neighbour) for _ in range(20)])
    noisy = enter(system, "user2", f"/hostile?way={way}")
    noisy.click("Act")
    time.sleep(0.5)
    asked = [status_takes(system) for _ in range(20)]
    times = [click(neighbour) for _ in range(40)]
    began = time.monotonic()
    newcomer = system.browser("user3")
    took = time.monotonic() - began
    noisy.leave()
    assert sorted(asked)[-2] < 0.1, asked
    assert median(times) < max(8 * before, 0.06)
    assert took < 1.5
    assert newcomer.http.cookies


def marked() -> list[psutil.Process]:
    """Processes that dashboards of this test have left."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if MARK in process.cmdline():
                found.append(process)
    return found


@pytest.mark.parametrize("end", ["left", "killed"])
def test_nothing_that_a_dashboard_started_outlives_its_visit(system: System, end: str) -> None:
    """Children, children in sessions and groups of their own, orphans and threads are gone when it has ended."""
    session = enter(system, "user4", "/hostile?way=leave_things_behind")
    session.click("Act")
    system.until(lambda: len(marked()) >= 5)
    process = psutil.Process(int(str(berth(system, "user4")["pid"])))
    if end == "killed":
        process.kill()
    else:
        session.leave()
    try:
        system.until(lambda: not marked() and not process.is_running(), 9)
    finally:
        for left in marked():
            left.kill()


def test_a_blocked_dashboard_with_many_threads_goes_on_after_its_stack_was_taken(system: System) -> None:
    """The stacks of 90 deep threads are more than a pipe holds; the berth is not stuck in writing them."""
    session = enter(system, "user5", "/hostile?way=many_threads")
    session.click("Act")
    system.until(lambda: "user5 blocked for" in system.log(), 10)
    system.until(lambda: "user5 reacts again" in system.log(), 10)
    click(session)
    session.leave()


WAYS = [
    "die_of_signals",
    "close_everything",
    "close_the_log",
    "wander",
    "no_threads",
    "own_session",
    "raise_stop",
    "raise_exit",
    "sys_exit",
    "interrupt",
    "cancel",
    "generator_exit",
    "exit_now",
    "abort",
    "kill_group",
    "recurse",
    "forget_the_loop",
    "exit_later",
    "in_thread",
    "deaf",
]


LANES = ("user6", "user7", "user8")
"""Users who try the ways at the same time."""


@pytest.mark.parametrize("when", ["click", "page"])
def test_what_a_dashboard_does_to_its_process_concerns_nobody_else(
    system: System, neighbour: Session, when: str
) -> None:
    """Whatever it does, in a callback or while its page is made, no other berth ends, and its visitor gets a place."""

    def take(lane: int) -> None:
        for way in WAYS[lane :: len(LANES)]:
            browser = system.browser(LANES[lane])
            misbehave(system, browser, way, when)
            again = opened(system, browser, "/hostile")
            click(again)
            log_out(browser)

    pid = berth(system, "bob")["pid"]
    with ThreadPoolExecutor(len(LANES)) as pool:
        lanes = [pool.submit(take, lane) for lane in range(len(LANES))]
        while not all(lane.done() for lane in lanes):
            assert click(neighbour) < 2
            time.sleep(0.1)
    for lane in lanes:
        lane.result()
    assert berth(system, "bob")["pid"] == pid


def misbehave(system: System, browser: Browser, way: str, when: str) -> None:
    """Let a dashboard do what ``way`` says, and look at what its visitor hears."""
    if when == "page":
        with contextlib.suppress(requests.RequestException):
            answer = browser.page(f"/hostile?way={way}&when=page", timeout=15)
            assert "Traceback" not in answer.text, way
        return
    session = opened(system, browser, f"/hostile?way={way}")
    with contextlib.suppress(websocket.WebSocketException, OSError, AssertionError):
        session.click("Act")
        session.wait("no such text", 0.4)
    session.close()


def log_out(browser: Browser) -> None:
    """Free the seat at once."""
    form = browser.http.get(f"{browser.url}/logout", timeout=10)
    token = form.text.split('name="_xsrf" value="')[1].split('"')[0]
    browser.http.post(f"{browser.url}/logout", data={"_xsrf": token}, timeout=10)


def test_a_stopped_or_deaf_berth_ends_when_its_visitor_leaves(system: System) -> None:
    """SIGSTOP, or signals that it ignores while it is stuck in C, do not keep a process alive."""
    processes = []
    for way in ("stop_itself", "deaf_and_stuck"):
        session = enter(system, "user7", f"/hostile?way={way}")
        processes.append(psutil.Process(int(str(berth(system, "user7")["pid"]))))
        session.click("Act")
        time.sleep(0.6)
        log_out(session.browser)
    for process in processes:
        end_of(system, process)


def test_berths_end_with_their_supervisor_however_deaf_they_are(script: Path) -> None:
    """The supervisor is killed: a berth that ignores all signals, one stuck in C besides, and what they started end."""
    with System(script, BERTH_MAX_BERTHS=4, MARK=MARK) as system:
        for user, way in (("alice", "deaf"), ("bob", "deaf_and_stuck"), ("carol", "leave_things_behind")):
            enter(system, user, f"/hostile?way={way}").click("Act")
        system.until(lambda: len(marked()) >= 5)
        time.sleep(0.5)
        supervisor = system.role("replica")
        everything = [*supervisor.children(recursive=True), *marked()]
        supervisor.kill()
        _, alive = psutil.wait_procs(everything, timeout=6)
        try:
            assert not alive
        finally:
            for left in alive:
                left.kill()
        system.until(lambda: system.status()["ready"] >= 1, 20)


# The log


def test_no_line_of_the_log_can_be_forged(system: System) -> None:
    """Line ends and control characters in names, paths and headers come into the log escaped or not at all."""
    forged = "2026-01-01T00:00:00 INFO berth.lobby login: root"
    for text in (f"\n{forged}", f"\r{forged}", f"\x1b[2K\r{forged}", f"\u2028{forged}", f"\x85{forged}"):
        browser = Browser(system.url)
        browser.log_in(f"x{text}", PASSWORD)
        browser.http.get(f"{system.url}/{quote(text)}", headers={"User-Agent": "x"}, timeout=5)
        request(system.port, f"/berth/{quote(text)}", f"User-Agent: {quote(text)}", "Accept: text/html")
        ticket = Keys("f" * 32).sign_call("/x", b"")
        requests.post(
            f"http://127.0.0.1:{system.operations_port}/seats/want",
            data=text.encode(),
            timeout=5,
            headers={"Authorization": ticket},
        )
    time.sleep(0.5)
    system.until(lambda: "login failed" in system.log())
    assert not [line for line in system.lines if "login: root" in line.replace(quote(forged), "")]
    assert "\x1b" not in system.log()
