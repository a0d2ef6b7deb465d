"""Rounds follow each other quickly in tests."""

from __future__ import annotations

import pytest

from berth.controller import controller


@pytest.fixture(autouse=True)
def _quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controller, "ROUND", 0.05)
