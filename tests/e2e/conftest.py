"""A namespace for the run, a release for each module, and visitors."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import figures
from tests.e2e.kubectl import Namespace
from tests.e2e.release import PASSWORD, USERS, Release
from tests.support import require

APPS = Path(__file__).parents[2] / "loadtests" / "apps"

VALUES: dict[str, Any] = {
    "auth": {"credentials": ",".join(f"{user}:{PASSWORD}" for user in USERS)},
    "dashboards": {
        "files": {name: (APPS / name).read_text() for name in ("lock.py", "loop.py", "buttons.py")},
        "scripts": ["lock.py", "loop.py"],
    },
    "autoscaling": {"spare": 1, "maxReplicas": 10, "scaleDownDelay": 5},
    "settings": {"BERTH_SEAT_GRACE": "4"},
    "replica": {"extraEnv": [{"name": "LOCK_APP_SECONDS", "value": "0.6,2"}]},
    # Operations ports are read through the API server, which is no pod.
    "networkPolicy": {"monitoring": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]},
}
"""What the tests install: the app with the lock, and seats that are free soon after a visitor has left."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the time that a cluster may need."""
    for item in items:
        item.add_marker(pytest.mark.timeout(400))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured."""
    if figures.lines():
        terminalreporter.section("measured")
        for line in figures.lines():
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    """A namespace that is removed in the end."""
    require.demand("cluster")
    made = Namespace(f"berth-e2e-{secrets.token_hex(3)}")
    made.make()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def release(namespace: Namespace) -> Iterator[Release]:
    """A release for the tests of one module, with one ready replica."""
    made = Release(namespace)
    made.install(**made.reachable(), **VALUES)
    try:
        made.await_all()
        yield made
    finally:
        made.uninstall()
