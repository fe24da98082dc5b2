"""Waits for what another process does."""

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
