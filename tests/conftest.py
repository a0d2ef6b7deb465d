"""What holds for all tests: those that need something which is missing are skipped, or fail if it is required."""

from __future__ import annotations

import pytest

from tests.support import require


def pytest_configure(config: pytest.Config) -> None:
    """Refuse an unknown name in BERTH_REQUIRE before any test runs."""
    config.addinivalue_line("markers", "needs(name): cannot run without that; see tests/support/require.py")
    config.addinivalue_line("markers", "alone: measures, or stops what others use; nothing may run beside it")
    require.required()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Decide before fixtures are made, since those already use what a test needs."""
    for mark in item.iter_markers("needs"):
        require.demand(mark.args[0])
