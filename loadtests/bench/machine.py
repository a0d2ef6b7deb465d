"""On what was measured: machine, versions, date."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from berth.router.haproxy import find_haproxy

PACKAGES = ("panel-berth", "panel", "bokeh", "tornado")


def described() -> dict[str, str]:
    """Return what is said about this run, in order."""
    load = os.getloadavg()[0]
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{_distribution()}, Linux {platform.release()}",
        "other load": f"{load:.1f} processes wanted to run when it began (mean of a minute)",
        "versions": ", ".join([f"Python {platform.python_version()}", *_packages(), _haproxy()]),
        "commit": _commit(),
    }


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", _text(Path("/proc/cpuinfo")), re.M)
    return found[1] if found else platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()


def _packages() -> list[str]:
    return [f"{name} {version(name)}" for name in PACKAGES]


def _haproxy() -> str:
    said = subprocess.run([find_haproxy(), "-v"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\d+\.\d+\.\d+)", said)
    return f"HAProxy {found[1]}" if found else "HAProxy"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    said = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
