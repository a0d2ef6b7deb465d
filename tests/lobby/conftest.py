"""A real lobby in a process of its own, a small supervisor, and browsers without a screen."""

from __future__ import annotations

import http.client
import http.cookies
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from websocket import WebSocket, create_connection

from berth.tickets import Keys
from tests.lobby.supervisor import FakeSupervisor, free_port, running

SECRET = "s" * 40
RUN = "from berth.settings import Settings; from berth.lobby import main; main(Settings.load())"
KEYS = Keys(SECRET)
PAGE = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}


@dataclass
class Answer:
    """A response, not followed."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def location(self) -> str:
        """Where a redirection leads."""
        return self.headers.get("Location", "")


@dataclass
class RunningLobby:
    """A lobby's process and where it listens."""

    port: int
    environment: dict[str, str]
    log: Path
    prefix: str = ""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        command = [sys.executable, "-c", RUN]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stderr=log, cwd=self.log.parent)
        for _ in range(200):
            with suppress(OSError):
                if Browser(self).get("/berth/livez").status == 200:
                    return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def said(self, text: str) -> bool:
        """Whether the log says ``text``, now or within two seconds: a thread writes it."""
        for _ in range(40):
            if text in self.log.read_text():
                return True
            time.sleep(0.05)
        return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        assert self.process
        self.process.send_signal(how)
        return self.process.wait(10)


@dataclass
class Browser:
    """Keeps cookies, follows nothing."""

    lobby: RunningLobby
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        """GET a path."""
        return self.ask("GET", path, None, headers)

    def page(self, path: str, **headers: str) -> Answer:
        """GET a path as a browser's navigation."""
        return self.ask("GET", path, None, {**PAGE, **headers})

    def post(self, path: str, _headers: dict[str, str] | None = None, **form: str) -> Answer:
        """POST a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **(_headers or {})}
        return self.ask("POST", path, urlencode(form).encode(), headers)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Make any request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.lobby.port, timeout=20)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, self.lobby.prefix + path, body, sent)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        for header in response.headers.get_all("Set-Cookie") or []:
            self._keep(header)
        return answer

    def _keep(self, header: str) -> None:
        name, _, rest = header.partition("=")
        value = rest.partition(";")[0]
        if "Max-Age=0" in header:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def token(self) -> str:
        """Return the XSRF token of the login form."""
        found = re.search(r'name="_xsrf" value="([^"]+)"', self.page("/login").text)
        assert found
        return found[1]

    def log_in(self, user: str = "ada", password: str = "secret", target: str = "/app") -> Answer:
        """Fill in the form."""
        return self.post(
            "/login", username=user, password=password, next=self.lobby.prefix + target, _xsrf=self.token()
        )

    def become(self, user: str = "ada", arrived: float = 0.0) -> Browser:
        """Have the cookies of a login without logging in."""
        from berth.tickets import Visitor

        visitor = Visitor(Visitor.new(user).id, user, arrived)
        self.cookies |= {"user": KEYS.sign_user(user), "visitor": KEYS.sign_visitor(visitor)}
        return self

    @property
    def visitor(self) -> str:
        """The visitor's id."""
        return KEYS.read_visitor(self.cookies["visitor"]).id

    def wait(self, target: str = "/app", stamp: str = "") -> WebSocket:
        """Open the waiting room's WebSocket."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        query = urlencode({"next": self.lobby.prefix + target, "stamp": stamp})
        url = f"ws://127.0.0.1:{self.lobby.port}{self.lobby.prefix}/berth/waiting/ws?{query}"
        return create_connection(url, timeout=10, cookie=cookies, origin=f"http://127.0.0.1:{self.lobby.port}")


Launch = Callable[..., RunningLobby]


@contextmanager
def launched(folder: Path, *fakes: FakeSupervisor, **environment: str) -> Iterator[RunningLobby]:
    """Run a lobby in front of these supervisors until the block ends."""
    port = free_port()
    replicas = ",".join(f"127.0.0.1:{fake.port}" for fake in fakes)
    given = {
        "COOKIE_SECRET": SECRET,
        "CREDENTIALS": "ada:secret,bob:pass:word",
        "BERTH_LOBBY_PORT": str(port),
        "BERTH_REPLICAS": replicas,
        **environment,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BERTH_")}
    prefix = re.sub(r"^https?://[^/]*", "", given.get("APP_URL", ""))
    lobby = RunningLobby(port, {**inherited, **given}, folder / "lobby.log", prefix)
    lobby.start()
    try:
        yield lobby
    finally:
        if lobby.process and lobby.process.poll() is None:
            lobby.process.kill()
            lobby.process.wait()


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeSupervisor]:
    """A supervisor with plenty of seats."""
    with running(FakeSupervisor(KEYS, seats=1000)) as supervisor:
        yield supervisor


@pytest.fixture(scope="module")
def lobby(fake: FakeSupervisor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLobby]:
    """A lobby that the tests of a module share."""
    with launched(tmp_path_factory.mktemp("lobby"), fake) as running_lobby:
        yield running_lobby


@pytest.fixture
def browser(lobby: RunningLobby) -> Browser:
    """A browser that has never been here."""
    return Browser(lobby)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Run a lobby with settings of the test's own."""
    with ExitStack() as stack:
        yield lambda *fakes, **environment: stack.enter_context(launched(tmp_path, *fakes, **environment))


@pytest.fixture
def supervise() -> Iterator[Callable[..., FakeSupervisor]]:
    """Run a supervisor of the test's own."""
    with ExitStack() as stack:
        yield lambda **values: stack.enter_context(running(FakeSupervisor(KEYS, **values)))
