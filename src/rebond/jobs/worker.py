"""A worker: takes wake-up calls from the queue and does what they are about, until it is told to end."""

import logging
import threading
from collections.abc import Callable

from rebond.jobs.presence import Presence
from rebond.jobs.queue import Queue, open_queue
from rebond.jobs.runner import Runner
from rebond.store.trouble import trouble
from rebond.wiring import Site

# Seconds between looks at a queue that does not tell by itself, growing while it is empty.
_FIRST_LOOK, _SLOWEST_LOOK = 0.05, 0.5
_AFTER_FAULT = 2.0
log = logging.getLogger("rebond.jobs")


def work(site: Site, *, threads: int, ending: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Work until `ending` is set, which ends the work at hand at its next safe point."""
    queue = open_queue(site)
    presence = Presence(site, kind="worker")
    runner = Runner(site, worker=presence.name, ask_again=queue.put, ending=ending)
    queue.take(runner.called)
    hands = [threading.Thread(target=_take, args=(queue, ending), name=f"rebond-work-{n}") for n in range(threads)]
    presence.begin(carries=runner.at_hand)
    try:
        for hand in hands:
            hand.start()
        ready()
        for hand in hands:
            hand.join()
    finally:
        presence.end()


def _take(queue: Queue, ending: threading.Event) -> None:
    look = _FIRST_LOOK
    while not ending.is_set():
        try:
            found = queue.run_next()
        except Exception as error:  # the queue may be away for a while; what is to be done is not in it
            log.error("the queue cannot be read, trying again: %s", trouble(error).words)
            ending.wait(_AFTER_FAULT)
            continue
        if found:
            look = _FIRST_LOOK
        elif not queue.waits:
            ending.wait(look)
            look = min(2 * look, _SLOWEST_LOOK)
