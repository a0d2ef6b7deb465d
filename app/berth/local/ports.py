"""Whether the ports of a run are free, and who has those that are not."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import psutil

from berth.errors import ConfigurationError
from berth.settings import Settings


def check(settings: Settings) -> None:
    """Raise ConfigurationError with a sentence for every port that is taken."""
    problems = list(_problems(settings))
    if problems:
        raise ConfigurationError(*problems)


def _problems(settings: Settings) -> Iterator[str]:
    wanted = (
        (settings.host, settings.port, "--port or PORT"),
        ("127.0.0.1", settings.lobby_port, "BERTH_LOBBY_PORT"),
        ("127.0.0.1", settings.operations_port, "BERTH_OPERATIONS_PORT"),
        (settings.address, settings.berth_port, "BERTH_BERTH_PORT"),
    )
    claimed: dict[int, str] = {}
    for host, port, name in wanted:
        error = _error(host, port)
        if port in claimed:
            yield f"Port {port} is wanted twice, by {claimed[port]} and {name}: change one of them."
        elif error:
            yield f"Port {port} {_reason(error, host, port)} another with {name}{_proposal(host, port)}."
        claimed[port] = name


def _error(host: str, port: int) -> OSError | None:
    """Return why a server could not listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As servers do it: what a connection of the past still holds does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("" if host == "*" else host, port))
        except OSError as error:
            return error
    return None


def _reason(error: OSError, host: str, port: int) -> str:
    """Return what follows "Port 8080" and precedes "another"."""
    if error.errno == errno.EADDRINUSE:
        return f"is taken by {owner(port)}: stop it, or choose"
    if error.errno == errno.EACCES:
        return "needs more rights than this user has: choose"
    return f"cannot be opened on {host} ({error.strerror}): name an address of this machine, or choose"


def owner(port: int) -> str:
    """Return words for the process that listens on ``port``, as far as the system tells."""
    try:
        listening = [
            c for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.status == "LISTEN"
        ]
        pid = next(connection.pid for connection in listening if connection.pid)
        return f"{psutil.Process(pid).name()} (process {pid})"
    except (psutil.Error, StopIteration):
        return "a process of another user"


def _proposal(host: str, port: int) -> str:
    near = range(max(port + 1, 1024), min(port + 100, 65536))
    return next((f"; {free} is free" for free in near if not _error(host, free)), "")
