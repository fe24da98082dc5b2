"""Waits for what another process does, and patience that ends at once."""

import asyncio
import time
from collections.abc import Callable

import pytest


def until(
    holds: Callable[[], object], *, within: float = 60.0, what: Callable[[], str] = lambda: "it did not come about"
) -> None:
    """Wait until it holds; `what` says what is not there when the time is over."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"after {within:.0f} s {what()}")
        time.sleep(0.02)


async def an_hour_passes() -> None:
    """Let whoever waits in this event loop have waited an hour; before that, all read what was said to them.

    So no test of what runs out of patience depends on how fast a machine is.
    """
    loop = asyncio.get_running_loop()
    for _ in range(100):
        await asyncio.sleep(0)
    before = loop.time
    loop.time = lambda: before() + 3600  # type: ignore[method-assign]
