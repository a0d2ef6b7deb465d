"""A well-behaved app: its callback awaits, and whoever serves it serves others meanwhile."""

import asyncio

import panel as pn
from buttons import Page

pn.extension()


async def task(seconds: float) -> None:
    """Wait without blocking."""
    await asyncio.sleep(seconds)


Page("Polite", task)
