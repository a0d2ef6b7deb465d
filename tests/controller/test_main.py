"""The start of the controller with bad input: a sentence, and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from berth import controller
from berth.errors import ConfigurationError
from berth.settings import Settings
from tests.controller.world import SECRET

START = f"""
import sys
{{before}}
from berth import controller
from berth.errors import ConfigurationError
from berth.settings import Settings
try:
    controller.main(Settings.load({{{{"COOKIE_SECRET": "{SECRET}"}}}}, namespace="here", release="web"))
except ConfigurationError as error:
    print(error)
"""


def start(before: str = "") -> str:
    """Start a controller of its own that must end with a ConfigurationError; return that."""
    command = [sys.executable, "-c", START.format(before=before)]
    environment = {"KUBECONFIG": "/nowhere/config"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return ended.stdout


def test_without_a_cluster_the_sentence_names_kubeconfig() -> None:
    """Outside of a pod, with a kubeconfig that is not there."""
    said = start()
    assert "The Kubernetes API cannot be reached" in said
    assert "set KUBECONFIG to a file that names a cluster" in said


def test_without_the_kubernetes_package_the_sentence_says_how_to_install_it() -> None:
    """The package is an extra."""
    said = start('sys.modules["kubernetes"] = None')
    assert "`berth controller` needs the Kubernetes client (kubernetes" in said
    assert 'pip install "panel-berth[kubernetes]"' in said


def test_a_cookie_secret_must_be_given_or_made() -> None:
    """BERTH_MAKE_SECRET=none without one says both ways out."""
    with pytest.raises(ConfigurationError, match=r"BERTH_COOKIE_SECRET_FILE.*BERTH_MAKE_SECRET=cookie-secret"):
        controller.main(Settings.load({}, make_secret="none", namespace="here", release="web"))


def test_a_maximum_below_the_minimum_is_refused() -> None:
    """Both settings are named with their values."""
    with pytest.raises(ConfigurationError, match="BERTH_MIN_REPLICAS=3 is more than BERTH_MAX_REPLICAS=2"):
        controller.main(Settings.load({"COOKIE_SECRET": SECRET}, min_replicas=3, max_replicas=2))
