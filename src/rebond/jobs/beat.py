"""The beat: every few seconds, a sweep."""

import logging
import threading
from collections.abc import Callable

from rebond.jobs.presence import Presence
from rebond.jobs.queue import Queue, open_queue
from rebond.jobs.sweep import sweep
from rebond.store.connect import disconnect
from rebond.store.trouble import trouble
from rebond.wiring import Site

SWEEP_EVERY = 5.0
# So many sweeps go between two that look for what lost workers left.
_THOROUGH_EVERY = 12
_LONGEST_REST = 60.0
log = logging.getLogger("rebond.jobs")


def beat(
    site: Site,
    *,
    ending: threading.Event,
    ready: Callable[[], None] = lambda: None,
    every: float = SWEEP_EVERY,
) -> None:
    """Sweep until `ending` is set. Several beats beside one another do no harm."""
    presence = Presence(site, kind="beat")
    presence.begin()
    ready()
    queue: Queue | None = None
    count, rest = 0, every
    try:
        while not ending.is_set():
            try:
                queue = queue or open_queue(site)
                sweep(site, queue, thorough=count % _THOROUGH_EVERY == 0)
                count, rest = count + 1, every
            except Exception as error:  # the database may be away for a while
                log.error("the sweep failed, the next one comes in %.0f s: %s", rest, trouble(error).words)
                disconnect()
                rest = min(2 * rest, _LONGEST_REST)
            ending.wait(rest)
    finally:
        presence.end()
        disconnect()
