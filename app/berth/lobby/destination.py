"""``next``: where a visitor wanted to go, kept only if it is a path of this site."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode, urlsplit

LONGEST = 4096

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_OWN = re.compile(r"/(login(/.*)?|logout|berth/(?!index\b).*)/?")


def destination(text: str, prefix: str) -> str:
    """Return ``text`` if it is an absolute path under ``prefix`` on this site, else the site's home.

    Query and fragment are kept. Addresses with a host or a scheme, backslashes,
    spaces and control characters (which browsers drop or turn) and the lobby's own
    pages (which would lead in circles) give the home.
    """
    home = f"{prefix}/"
    if not text or len(text) > LONGEST or _FORBIDDEN.search(text) or not text.startswith("/") or text.startswith("//"):
        return home
    try:
        parts = urlsplit(text)
    except ValueError:
        return home
    inside = parts.path == prefix or parts.path.startswith(home)
    if parts.scheme or parts.netloc or not inside or ".." in parts.path.split("/"):
        return home
    if _OWN.fullmatch(parts.path[len(prefix) :]):
        return home
    return quote(text, safe="/?#[]@!$&'()*+,;=:%~-._")


def with_next(path: str, target: str, **more: str) -> str:
    """Return ``path`` with ``target`` as its parameter ``next``."""
    return f"{path}?{urlencode({**more, 'next': target}, safe='/')}"
