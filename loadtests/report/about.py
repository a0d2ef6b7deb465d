"""What a run was: ``run.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from berth.errors import ConfigurationError

LARGEST = 1e15
"""What no number in a run's files reaches."""


@dataclass(frozen=True)
class About:
    """What was run, where, and on what.

    ``began`` and ``ended`` in seconds since the epoch, ``visitors`` the most at a time, ``label`` what served.
    ``ended`` is None for a run that was cut off; ``stopped`` says why it ended early, or is empty.
    """

    scenario: str
    began: float
    ended: float | None
    host: str
    path: str
    visitors: int
    label: str
    stopped: str
    options: Mapping[str, str]
    machine: Mapping[str, str]
    versions: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> About:
        """Read the file. Raises ConfigurationError."""
        found = _Found(path, _content(path))
        return cls(
            scenario=found.text("scenario"),
            began=found.number("began"),
            ended=found.number("ended") if found.content.get("ended") else None,
            host=found.text("host", ""),
            path=found.text("path", ""),
            visitors=int(found.number("visitors", 0)),
            label=found.text("label", ""),
            stopped=found.text("stopped", ""),
            options=found.texts("options"),
            machine=found.texts("machine"),
            versions=found.texts("versions"),
        )


def plain(text: str) -> str:
    """Return a text in one line, without characters that nobody can see."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _content(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}. Name the folder that a run has written."
        ) from None
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is no JSON ({error}). Run the scenario again.") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} holds no JSON object. Run the scenario again.")
    return content


class _Found:
    """Values by name. Raises ConfigurationError for those that are missing without a default, or of another type."""

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        self.path = path
        self.content = content

    def text(self, name: str, default: str | None = None) -> str:
        return plain(str(self._value(name, str, "a text", default)))

    def number(self, name: str, default: float | None = None) -> float:
        value = self._value(name, int | float, "a number", default)
        if not abs(value) < LARGEST:
            raise self._problem(name, "a number")
        return float(value)

    def texts(self, name: str) -> dict[str, str]:
        values = self._value(name, dict, "an object", {})
        return {
            plain(str(key)): plain(value if isinstance(value, str) else json.dumps(value))
            for key, value in values.items()
        }

    def _value(self, name: str, kind: Any, words: str, default: Any) -> Any:
        value = self.content.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._problem(name, words)
        return value

    def _problem(self, name: str, words: str) -> ConfigurationError:
        said = json.dumps(self.content.get(name))[:80]
        return ConfigurationError(f"{self.path}: {name} must be {words}, and is {said}. Run the scenario again.")
