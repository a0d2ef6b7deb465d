"""What the tests of this folder share: scripts written to a folder, and what a page shows."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import psutil
import requests

from tests.support.client import Session
from tests.support.system import System


def write(folder: Path, **scripts: str) -> list[str]:
    """Write ``name="text"`` as name.py, and return the files' names."""
    paths = []
    for name, text in scripts.items():
        path = folder / f"{name}.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        paths.append(str(path))
    return paths


def under(prefix: str, *scripts: str, **settings: Any) -> System:
    """Make a system whose address has a path."""
    system = System(*scripts, **settings)
    system.prefix = prefix
    system.environment["APP_URL"] = system.url
    return system


def labels(session: Session) -> list[str]:
    """The names of all buttons on a page, which is how the scripts here say what they know."""
    found = (model.get("attributes", {}).get("label") for model in session.models.values())
    return [label for label in found if isinstance(label, str)]


def log_of(system: System, text: str) -> list[str]:
    """The lines of the log that hold a text."""
    return [line for line in system.lines if text in line]


def listening(pid: int) -> set[int]:
    """The ports on which a process and its children listen."""
    process = psutil.Process(pid)
    everyone = [process, *process.children(recursive=True)]
    connections = [connection for one in everyone for connection in one.net_connections(kind="inet")]
    return {connection.laddr.port for connection in connections if connection.status == psutil.CONN_LISTEN}


def enter(system: System, user: str, path: str) -> Session:
    """Open a dashboard in a browser of its own, waiting for a seat as long as it takes."""
    browser = system.browser(user)
    session: Session = system.until(lambda: browser.open(path), pause=0.2)
    return session


def model_of(session: Session, kind: str) -> str:
    """Return the id of the only model of that type."""
    (found,) = [str(model["id"]) for model in session.models.values() if model.get("name", "").endswith(kind)]
    return found


def change(session: Session, kind: str, attribute: str, value: object) -> None:
    """Set an attribute of the only model of that type, as the browser does."""
    session._patch({"kind": "ModelChanged", "model": {"id": model_of(session, kind)}, "attr": attribute, "new": value})


def files(session: Session) -> list[str]:
    """The addresses of all scripts and style sheets that a page names."""
    names = re.findall(r'(?:src|href)="([^"#]+)"', session.html)
    return [urljoin(session.url, name.replace("&amp;", "&")) for name in names]


def logged(system: System, text: str) -> bool:
    """Wait until the log holds a text."""
    return bool(system.until(lambda: text in system.log()))


def stranger(system: System, path: str) -> int:
    """Return the status that somebody without a seat gets for a file."""
    return requests.get(
        system.url + path, headers={"Sec-Fetch-Dest": "empty"}, allow_redirects=False, timeout=10
    ).status_code
