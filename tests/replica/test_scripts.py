"""What a pod's probe and its last lines say of scripts that cannot be served."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.replica import Replica

GOOD = "import panel as pn\n\npn.pane.Str('good').servable()\n"
RAISES = "import panel as pn\n\npn.pane.Str(1 / 0).servable()\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A file to write a dashboard into."""
    return tmp_path / "bad.py"


def test_wrong_syntax_ends_the_replica_with_2_and_a_sentence_as_its_last_line(script: Path) -> None:
    """The kubelet shows the last lines as the reason why the container ended."""
    script.write_text("import panel as pn\n\npn.Row(\n")
    with Replica(script) as replica:
        assert replica.process.wait(20) == 2
        last = replica.log().splitlines()[-1]
        assert last.startswith(f"berth: {script}, line 3: ")
        assert last.endswith("Mend the syntax.")


def test_a_script_that_raises_keeps_the_replica_not_ready_until_it_is_mended(script: Path) -> None:
    """/readyz and /status say script, line and error; the supervisor lives and tries again."""
    script.write_text(RAISES)
    with Replica(script) as replica:
        replica.until(lambda: "bad.py" in replica.get("/readyz").text)
        said = replica.get("/readyz").text
        assert said.strip() == "bad.py, line 3: ZeroDivisionError: division by zero"
        assert replica.get("/readyz").status_code == 503
        assert replica.get("/livez").status_code == 200
        assert replica.status()["problem"] == said.strip()
        replica.until(lambda: replica.log().count("ZeroDivisionError") >= 2)
        script.write_text(GOOD)
        replica.ready()
        assert replica.status()["problem"] == ""


def test_one_script_that_raises_among_good_ones_keeps_the_replica_not_ready(script: Path) -> None:
    """A rollout stops at it, though the others could be served."""
    script.write_text(RAISES)
    good = script.with_name("good.py")
    good.write_text(GOOD)
    with Replica(script, good) as replica:
        replica.until(lambda: replica.status()["apps"])
        answer = replica.get("/readyz")
        assert (answer.status_code, answer.text.strip()) == (
            503,
            "bad.py, line 3: ZeroDivisionError: division by zero",
        )


def test_before_the_scripts_have_run_the_probe_says_that_they_are_being_started(script: Path) -> None:
    """So that nobody looks for a mistake where there is none."""
    script.write_text(f"import time\ntime.sleep(3)\n{GOOD}")
    with Replica(script) as replica:
        replica.until(lambda: replica.get("/livez"))
        answer = replica.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "The dashboards are being started.\n")
        replica.ready()
