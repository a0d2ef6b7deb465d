"""Nothing that one visitor leaves behind reaches the next, and nothing random is the same for both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.panel.support import enter, labels, write
from tests.support.system import System

KEPT = """
import sys
import numpy as np
import panel as pn
import neighbour
pn.extension()

seen = {
    "cache": pn.state.cache.get("left", "nothing"),
    "module": neighbour.left,
    "class": neighbour.Holder.value,
    "function": neighbour.remember("nothing"),
    "numpy": np.get_printoptions()["precision"],
    "config": str(pn.config.throttled),
    "modules": "left_behind" in sys.modules,
}

def leave(event):
    pn.state.cache["left"] = neighbour.left = neighbour.Holder.value = "something"
    sys.modules["left_behind"] = neighbour
    np.set_printoptions(precision=3)
    leaver.name = "left"

leaver = pn.widgets.Button(name="leave")
leaver.on_click(leave)
said = (f"seen {seen}", f"on disk {neighbour.on_disk(FOLDER)}")
pn.Column(leaver, *(pn.widgets.Button(name=text) for text in said)).servable()
"""

NEIGHBOUR = """
import panel as pn

left = "nothing"
calls = []

class Holder:
    value = "nothing"

@pn.cache
def remember(value):
    calls.append(value)
    return len(calls)

def on_disk(folder):
    @pn.cache(to_disk=True, cache_path=folder)
    def write_down():
        import os
        return os.getpid()
    return write_down()
"""

CHANCE = """
import random
import tempfile
import uuid
import numpy as np
import panel as pn

rolled = {
    "random": random.random(),
    "numpy": float(np.random.rand()),
    "generator": float(np.random.default_rng().random()),
    "uuid1": str(uuid.uuid1()),
    "uuid4": str(uuid.uuid4()),
    "file": tempfile.mktemp(),
    "shuffled": str(np.random.permutation(30)),
}
pn.Column(*(pn.widgets.Button(name=f"{name}={value}") for name, value in rolled.items())).servable()
"""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disk")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, disk: Path) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("fresh")
    write(folder, neighbour=NEIGHBOUR)
    scripts = write(folder, kept=KEPT.replace("FOLDER", repr(str(disk))), chance=CHANCE)
    with System(*scripts, BERTH_MAX_BERTHS=1, BERTH_SEAT_GRACE=0.2) as system:
        yield system


def test_what_one_visitor_sets_is_never_seen_by_the_next_in_the_only_berth(system: System) -> None:
    session = enter(system, "alice", "/kept")
    (clean,) = [label for label in labels(session) if label.startswith("seen")]
    assert "something" not in clean
    assert session.click_and_wait("leave", '"left"') < 5
    again = session.browser.open("/kept")
    assert any("'cache': 'something'" in label for label in labels(again)), "the visitor's own tabs share it"
    session.leave()
    again.leave()
    for user in ("bob", "alice"):
        after = enter(system, user, "/kept")
        assert clean in labels(after)
        after.leave()


@pytest.mark.skipif("not __import__('importlib').util.find_spec('diskcache')", reason="needs diskcache")
def test_what_is_cached_on_disk_outlives_the_visit(system: System, disk: Path) -> None:
    found = set()
    for user in ("alice", "bob"):
        session = enter(system, user, "/kept")
        found |= {label for label in labels(session) if label.startswith("on disk")}
        session.leave()
    assert len(found) == 1
    assert list(disk.iterdir())


def test_random_numbers_of_two_visitors_differ(system: System) -> None:
    rolled: list[set[str]] = []
    for user in ("carol", "dave"):
        session = enter(system, user, "/chance")
        rolled.append({label for label in labels(session) if "=" in label})
        session.leave()
    assert len(rolled[0]) == 7
    assert not rolled[0] & rolled[1]
