"""kubectl and helm, as a person uses them, in one namespace."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

PATIENCE = 120
"""Seconds that a command may take."""


class CommandFailed(AssertionError):
    """A command ended with an error; the text is what it said."""


def run(*command: str, given: str = "", patience: float = PATIENCE) -> str:
    """Run a command and return what it prints. Raises CommandFailed."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=patience, check=False)
    if done.returncode:
        raise CommandFailed(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def raw(path: str) -> Any:
    """Return the JSON at a path of the API server, which reaches all pods and kubelets. Raises CommandFailed."""
    return json.loads(run("kubectl", "get", "--raw", path))


class Namespace:
    """A namespace of the tests' own."""

    def __init__(self, name: str) -> None:
        self.name = name

    def make(self) -> None:
        """Make it, with the strictest rules for pods."""
        run("kubectl", "create", "namespace", self.name)
        run("kubectl", "label", "namespace", self.name, "pod-security.kubernetes.io/enforce=restricted")

    def remove(self) -> None:
        """Remove it with all that is in it, without waiting for pods that drain."""
        # In this order, so that no pod is made in place of those that go.
        run("kubectl", "delete", "namespace", self.name, "--wait=false", "--ignore-not-found")
        self.kubectl("delete", "pods", "--all", "--force", "--grace-period=0", "--wait=false")

    def kubectl(self, *arguments: str, given: str = "", patience: float = PATIENCE) -> str:
        """Run kubectl here."""
        return run("kubectl", "--namespace", self.name, *arguments, given=given, patience=patience)

    def helm(self, *arguments: str, patience: float = PATIENCE) -> str:
        """Run helm here."""
        return run("helm", "--namespace", self.name, *arguments, patience=patience)

    def get(self, *what: str) -> Any:
        """Return an object, or a list of them."""
        found = json.loads(self.kubectl("get", *what, "--output", "json"))
        return found["items"] if found["kind"] == "List" else found

    def apply(self, *objects: dict[str, Any]) -> None:
        """Apply objects."""
        for one in objects:
            self.kubectl("apply", "--filename", "-", given=json.dumps(one))

    def events(self, name: str) -> list[str]:
        """Return reason and message of every event about the object of this name."""
        found = self.get("events", "--field-selector", f"involvedObject.name={name}")
        return [f"{event['reason']}: {event['message']}" for event in found]


def names(pods: Sequence[dict[str, Any]]) -> list[str]:
    """Return the pods' names."""
    return [pod["metadata"]["name"] for pod in pods]
