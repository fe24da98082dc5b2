"""Settling left to workers: the listener calls them when something came."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rebond.jobs import ask, use
from rebond.wiring import Site

# One call for all that comes within that many seconds.
_GATHER = 0.25
# The sweep looks every few seconds: nothing needs to be called by the clock.
_SELDOM = 3600.0


@dataclass(frozen=True, slots=True)
class Calling:
    """What stands in for settling."""

    settle: Callable[[], bool]
    pause: float = _SELDOM


def call_workers(site: Site) -> Calling:
    """Make what calls the workers of a site."""
    use(site)

    def settle() -> bool:
        ask("settle")
        time.sleep(_GATHER)
        return False

    return Calling(settle)
