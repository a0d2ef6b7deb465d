"""What stands in an HTML page that a load test needs: files, forms, the session's token, the waiting room."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from loadtests.document import readable

Attributes = dict[str, str]


@dataclass
class Page:
    """A page: ``url`` without its query, ``files`` (full addresses of scripts and styles) in their order.

    ``fields`` are the inputs of its form; ``token`` is Bokeh's, empty where the
    page is no dashboard; ``number`` is by which Berth knows the page; ``room``
    holds what a waiting room says of itself, and is empty anywhere else.
    """

    url: str
    text: str
    files: list[str] = field(default_factory=list)
    fields: Attributes = field(default_factory=dict)
    token: str = ""
    number: str = ""
    room: Attributes = field(default_factory=dict)

    @classmethod
    def read(cls, url: str, text: str) -> Page:
        """Read a page's HTML, however broken it is."""
        page = cls(url.partition("?")[0], text)
        reader = _Reader(page)
        reader.feed(text)
        page.token = _first(r'"token"\s*:\s*"([^"]+)"', text)
        page.number = _first(r'data-page="(\w+)"', text)
        return page

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def socket(self) -> str:
        """Where the dashboard's WebSocket is."""
        return urljoin(f"{self.url.rstrip('/')}/", "ws").replace("http", "ws", 1)

    @property
    def excerpt(self) -> str:
        """What a person reads first, for errors."""
        without_code = re.sub(r"(?is)<(script|style|head)\b.*?</\1\s*>", " ", self.text)
        return readable(without_code)[:160] or "nothing"


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "script" and given.get("src"):
            self.page.files.append(urljoin(self.page.url, given["src"]))
        elif tag == "link" and given.get("href") and "stylesheet" in given.get("rel", "").split():
            self.page.files.append(urljoin(self.page.url, given["href"]))
        elif tag == "input" and given.get("name"):
            self.page.fields[given["name"]] = given.get("value", "")
        if given.get("id") == "waiting" and "data-socket" in given:
            self.page.room = {name.removeprefix("data-"): value for name, value in given.items()}


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found.group(1) if found else ""
