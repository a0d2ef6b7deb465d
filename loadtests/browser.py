"""The part of a browser that asks for pages and files: cookies, redirects, a cache, and limits that browsers lack."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from loadtests.page import Page
from loadtests.steps import StepFailed

NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
"""How a server tells that a person asks for a page."""

CHUNK = 2**16

IDLE = 10.0
"""Seconds after which a connection is not used again: a server may close it just then, and a browser asks once more."""


@dataclass(frozen=True)
class Limits:
    """When a visitor gives up: after seconds of a step and of waiting, at bytes of a page, file or message."""

    step: float = 60.0
    waiting: float = 600.0
    size: int = 16 * 2**20


@dataclass
class Cached:
    """A file in the cache: until when it is fresh (of time.time), and by which tag a server knows it."""

    fresh: float
    tag: str


@dataclass
class Loaded:
    """What files took: how many were asked for, and the bytes that came."""

    requests: int = 0
    size: int = 0


@dataclass
class Browser:
    """Cookies and cache of one person. ``url`` is where the system is, with its prefix."""

    url: str
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")
        self.http = requests.Session()
        # One person has few connections; none of them is another's.
        self.http.trust_env = False
        self.cache: dict[str, Cached] = {}
        self._asked = time.monotonic()

    @property
    def cookies(self) -> str:
        """What goes into a WebSocket's Cookie header."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)

    def visit(self, url: str, data: dict[str, str] | None = None) -> Page:
        """Follow a link, or send a form. Raises StepFailed for anything but a page, with what the server says."""
        method = "POST" if data is not None else "GET"
        answer = self._ask(method, url, headers=NAVIGATION, data=data)
        text = self._body(answer).decode(answer.encoding or "utf-8", errors="replace")
        page = Page.read(answer.url, text)
        if answer.status_code != 200:
            raise StepFailed(f"{method} {urlsplit(answer.url).path}: status {answer.status_code}: {page.excerpt}")
        return page

    def send(self, url: str, data: dict[str, str], origin: str) -> None:
        """Send what a page sends while it is left: nobody looks at the answer."""
        self._body(self._ask("POST", url, headers={"Origin": origin}, data=data, allow_redirects=False))

    def load(self, page: Page) -> Loaded:
        """Ask for the page's files that the cache does not hold, one after the other, from the page's own server.

        Files of other hosts are left to them.
        """
        loaded = Loaded()
        for url in page.files:
            if url.startswith(f"{page.origin}/") and not self._fresh(url):
                self._load(url, loaded)
        return loaded

    def close(self) -> None:
        """Close all connections."""
        self.http.close()

    def _fresh(self, url: str) -> bool:
        return url in self.cache and time.time() < self.cache[url].fresh

    def _load(self, url: str, loaded: Loaded) -> None:
        known = self.cache.get(url)
        answer = self._ask("GET", url, headers={"If-None-Match": known.tag} if known and known.tag else {})
        loaded.requests += 1
        loaded.size += len(self._body(answer, decode=False))
        if answer.status_code not in (200, 304):
            raise StepFailed(f"GET {urlsplit(url).path}: status {answer.status_code}")
        self.cache[url] = Cached(time.time() + _age(answer), answer.headers.get("ETag", known.tag if known else ""))

    def _ask(self, method: str, url: str, **options: Any) -> requests.Response:
        before, self._asked = self._asked, time.monotonic()
        if self._asked - before > IDLE:
            self.http.close()
        return self.http.request(method, url, timeout=self.limits.step, stream=True, **options)

    def _body(self, answer: requests.Response, decode: bool = True) -> bytes:
        """Read a body within the limits; ``decode`` undoes its compression. Raises StepFailed beyond them."""
        deadline = time.monotonic() + self.limits.step
        body = bytearray()
        with answer:
            for chunk in answer.raw.stream(CHUNK, decode_content=decode):
                body += chunk
                if len(body) > self.limits.size:
                    raise StepFailed(f"{urlsplit(answer.url).path} has more than {self.limits.size} bytes")
                if time.monotonic() > deadline:
                    raise StepFailed(f"{urlsplit(answer.url).path} was not there in {self.limits.step:.0f} s")
        return bytes(body)


def _age(answer: requests.Response) -> float:
    """Return for how long a file is fresh (s)."""
    said = answer.headers.get("Cache-Control", "")
    found = re.search(r"max-age=(\d+)", said)
    return float(found.group(1)) if found and "no-store" not in said and "no-cache" not in said else 0.0
