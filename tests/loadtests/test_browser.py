"""The part of a browser that asks for pages and files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from loadtests import browser
from loadtests.browser import Browser


class Once(BaseHTTPRequestHandler):
    """Keeps a connection after its first answer, and closes it when it is used again."""

    protocol_version = "HTTP/1.1"
    used = False

    def do_GET(self) -> None:
        """Answer the first request only."""
        if self.used:
            self.close_connection = True
            return
        self.used = True
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Where it listens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Once) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_connection_that_was_long_idle_is_not_used_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may close it at the same moment, which a person would not notice and must not count."""
    monkeypatch.setattr(browser, "IDLE", 0.1)
    visitor = Browser(url)
    assert visitor.visit(url).text == "hello"
    time.sleep(0.2)
    assert visitor.visit(url).text == "hello"
    with pytest.raises(OSError, match="without response"):
        visitor.visit(url)
    visitor.close()
