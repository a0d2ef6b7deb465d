"""What some tests need of the machine beyond Python and HAProxy.

A test says ``pytestmark = needs("browser")`` or ``@needs("browser")``, a
fixture ``demand("browser")``. Where that is missing the test is skipped with
the reason, unless BERTH_REQUIRE (names, with commas or spaces between them)
names it: then it fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache

import pytest

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Names of browsers that Playwright drives, in the order of choice."""

CHART_TOOLS = ("helm", "helm-unittest", "helm-docs", "kubeconform", "kube-score", "kubectl")
"""What renders and checks the chart, and k8s/, which is made from it."""


def chromium() -> str | None:
    """Path of the browser for tests, or None."""
    return next((path for name in CHROMIUMS if (path := shutil.which(name))), None)


def _lacks_browser() -> str:
    return "" if chromium() else "there is no chromium on PATH (Debian: apt install chromium)"


def _lacks_helm() -> str:
    missing = [tool for tool in CHART_TOOLS if not shutil.which(tool)]
    return f"not on PATH: {', '.join(missing)}" if missing else ""


@cache
def _lacks_cluster() -> str:
    if not shutil.which("kubectl"):
        return "there is no kubectl on PATH"
    asked = subprocess.run(["kubectl", "version", "--request-timeout=5s"], capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else f"kubectl reaches no cluster: {asked.stderr.strip()}"


LACKS: dict[str, Callable[[], str]] = {"browser": _lacks_browser, "helm": _lacks_helm, "cluster": _lacks_cluster}
"""What tests may need, by name: a function that says why it is missing, or nothing where it is there."""


def needs(name: str) -> pytest.MarkDecorator:
    """Mark a test, a class or, as ``pytestmark``, a module that cannot run without ``name``."""
    if name not in LACKS:
        raise ValueError(f"{name!r} is nothing that tests may need: {', '.join(LACKS)}")
    return pytest.mark.needs(name)


def required() -> frozenset[str]:
    """Names in BERTH_REQUIRE. Raises pytest.UsageError if one is unknown."""
    names = frozenset(name for name in re.split(r"[\s,]+", os.environ.get("BERTH_REQUIRE", "")) if name)
    if unknown := sorted(names - LACKS.keys()):
        raise pytest.UsageError(f"BERTH_REQUIRE names {', '.join(unknown)}; known are: {', '.join(LACKS)}")
    return names


def demand(name: str) -> None:
    """Skip the test that runs or is set up where ``name`` is missing; fail it where BERTH_REQUIRE names that."""
    reason = LACKS[name]()
    if reason and name in required():
        pytest.fail(f"BERTH_REQUIRE names {name}, but {reason}", pytrace=False)
    if reason:
        pytest.skip(reason)
