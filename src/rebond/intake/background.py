"""A thread that settles what arrives, beside the listener that stores it."""

import logging
import threading
import time
from collections.abc import Callable

from rebond.store.trouble import trouble

_LONGEST_PAUSE = 60.0
_LONGEST_REST = 5.0
log = logging.getLogger("rebond.intake")


class Background:
    """Calls `step` whenever it is woken and every `pause` seconds; after a fault it waits longer, and says so.

    `step` does a bounded batch and tells whether there may be more; `forget` drops this thread's database connections.
    When it was woken during a batch, it then rests for `rest` times as long as the batch took.
    """

    def __init__(
        self, step: Callable[[], bool], *, forget: Callable[[], None], pause: float = 1.0, rest: float = 3.0
    ) -> None:
        self._step = step
        self._forget = forget
        self._pause = pause
        self._rest = rest
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rebond-settle")

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        pause = self._pause
        while not self._stop.is_set():
            more = False
            self._wake.clear()
            started = time.monotonic()
            try:
                more = self._step()
                if pause > self._pause:
                    log.warning("returns can be settled again")
                pause = self._pause
            except Exception as error:  # the database may be away for a while; nothing is lost
                log.error("returns could not be settled, trying again in %.0f s: %s", pause, trouble(error).words)
                self._forget()
                self._stop.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            if not more:
                self._wake.wait(self._pause)
            elif self._wake.is_set():
                # Taking in comes first: with a rest of 3, settling has a quarter of the time.
                self._stop.wait(min(self._rest * (time.monotonic() - started), _LONGEST_REST))
        self._forget()
