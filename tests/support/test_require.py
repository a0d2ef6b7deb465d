"""A test that needs what is missing is skipped with the reason, and fails where BERTH_REQUIRE names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.require import LACKS, needs

ROOT = Path(__file__).parents[2]
TEST = 'from tests.support.require import needs\n\npytestmark = needs("browser")\n\n\ndef test_it() -> None: ...\n'


def outcome(folder: Path, required: str, programs: str = "/nowhere") -> subprocess.CompletedProcess[str]:
    """Run one test that needs a browser, with tests' own conftest, where ``programs`` is the PATH."""
    script = folder / "test_it.py"
    script.write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-rs", str(script)]
    environment = {**os.environ, "BERTH_REQUIRE": required, "PATH": programs}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_missing_and_not_required_is_skipped_with_the_reason(tmp_path: Path) -> None:
    ended = outcome(tmp_path, "")
    assert ended.returncode == 0, ended.stdout
    assert "1 skipped" in ended.stdout
    assert "apt install chromium" in ended.stdout


def test_missing_and_required_fails(tmp_path: Path) -> None:
    ended = outcome(tmp_path, "browser")
    assert ended.returncode == 1
    assert "BERTH_REQUIRE names browser, but there is no chromium" in ended.stdout


def test_what_is_there_runs(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.touch(0o755)
    assert "1 passed" in outcome(tmp_path, "browser", str(tmp_path)).stdout


def test_an_unknown_name_in_berth_require_is_an_error(tmp_path: Path) -> None:
    ended = outcome(tmp_path, "browser,unicorn")
    assert ended.returncode == 4
    assert "BERTH_REQUIRE names unicorn; known are: " in ended.stderr


def test_an_unknown_need_is_an_error() -> None:
    with pytest.raises(ValueError, match=f"'unicorn' is nothing that tests may need: {', '.join(LACKS)}"):
        needs("unicorn")
