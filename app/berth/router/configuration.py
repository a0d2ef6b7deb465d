"""HAProxy's configuration, made from the settings. No I/O but reading the template and asking the system its limits."""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from berth.settings import Settings

TEMPLATE = "haproxy.cfg.j2"

STARTING_PAGE = Path(__file__).with_name("starting.html")
"""What a visitor sees while the lobby does not answer."""

PATIENCE = 10
"""Seconds in which a client has to send the headers of a request."""

MOST_CONNECTIONS = 10_000
"""Connections at the same time, where the system allows so many; each takes two file descriptors."""

CAUTIOUS_CONNECTIONS = 4_000
"""The same where the system names no limit but has one (macOS)."""

MOST_THREADS = 4
"""HAProxy's threads. One forwards thousands of clicks a second; a node's 64 would only cost memory."""

_HEAD = "%[date,ltime(%Y-%m-%dT%H:%M:%S)] WARNING berth.router"
LOG_FORMAT = f"{_HEAD} %ci %HM %HP: answer %ST from %b after %Ta ms (%ts)"
INNER_LOG_FORMAT = (
    f"{_HEAD} %[var(txn.client)] %HM %HP: answer %ST, berth %[var(txn.ip)]:%[var(txn.port)], after %Ta ms (%ts)"
)
"""One line for a request that failed. Neither the query nor cookies are in it: they may hold secrets."""


def render(settings: Settings, folder: Path) -> str:
    """Return the configuration of a router that keeps its socket in ``folder``."""
    environment = Environment(  # noqa: S701 (no HTML: `quoted` escapes as HAProxy needs it)
        loader=PackageLoader("berth.router", "."), undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["quoted"] = quoted
    return environment.get_template(TEMPLATE).render(
        bind=bind_address(settings.host, settings.port),
        connections=connections(),
        threads=min(MOST_THREADS, os.cpu_count() or 1),
        patience=PATIENCE,
        log_format=LOG_FORMAT,
        inner_log_format=INNER_LOG_FORMAT,
        socket=str(folder / f"inner-{settings.port}.sock"),
        starting=str(STARTING_PAGE),
        lobby_port=settings.lobby_port,
        prefix=settings.prefix,
        callback=settings.oauth_callback,
        scheme=urlsplit(settings.url).scheme,
        secure=settings.secure,
        trusted_proxies=settings.trusted_proxies,
        upload_bytes=settings.upload_bytes,
        upload_limit=settings.upload_limit,
        policy=content_policy(settings).replace("%", "%%"),
    )


def quoted(text: str) -> str:
    """Return ``text`` as one word of HAProxy's configuration."""
    escaped = "".join(f"\\{character}" if character in '\\"$' else character for character in text)
    return f'"{escaped}"'


def bind_address(host: str, port: int) -> str:
    """Return what ``bind`` takes; ``*`` means both families where the system has IPv6."""
    if host != "*":
        return f"{host}:{port}"
    return f":::{port} v4v6" if _has_ipv6() else f"*:{port}"


def connections() -> int:
    """Return for how many connections at once the system has file descriptors."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return CAUTIOUS_CONNECTIONS
    return max(100, min(MOST_CONNECTIONS, (hard - 100) // 2))


def content_policy(settings: Settings) -> str:
    """Return the Content-Security-Policy of dashboards.

    Bokeh and Panel put scripts and styles into the page, compile templates and
    CustomJS in the browser, and start workers from blobs; PDFs and downloads
    are blobs or data. The rest comes from this site and the content sources.
    """
    sources = " ".join(source for source in settings.content_sources if source != "'self'")
    own = {
        "default-src": "'self'",
        "script-src": f"'self' 'unsafe-inline' 'unsafe-eval' blob: {sources}",
        "style-src": f"'self' 'unsafe-inline' {sources}",
        "img-src": f"'self' data: blob: {sources}",
        "font-src": f"'self' data: {sources}",
        "media-src": f"'self' data: blob: {sources}",
        "connect-src": f"'self' data: blob: {sources}",
        "frame-src": f"'self' data: blob: {sources}",
        "worker-src": "'self' blob:",
        "object-src": "'self' data: blob:",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(("'self'", *settings.embed_origins)),
    }
    return "; ".join(f"{directive} {allowed}".strip() for directive, allowed in own.items())


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
