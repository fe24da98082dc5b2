"""A thread that settles what arrives, beside the listener that stores it."""

import logging
import threading
from collections.abc import Callable

_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
log = logging.getLogger("rebond.intake")


class Background:
    """Calls `step` whenever it is woken and every second; after a fault it waits longer, and says so.

    `step` does a bounded batch and tells whether there may be more; `forget` drops this thread's database connections.
    """

    def __init__(self, step: Callable[[], bool], *, forget: Callable[[], None]) -> None:
        self._step = step
        self._forget = forget
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="rebond-settle")

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        pause = _PAUSE
        while not self._stopping:
            more = False
            try:
                more = self._step()
                pause = _PAUSE
            except Exception as error:  # the database may be away for a while; nothing is lost
                log.error("returns could not be settled, trying again in %.0f s: %s", pause, error)
                self._forget()
                self._wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            if not more:
                self._wake.wait(_PAUSE)
                self._wake.clear()
        self._forget()

    def _wait(self, seconds: float) -> None:
        # Arrivals do not shorten it; being stopped does.
        for _ in range(int(seconds * 10)):
            if self._stopping:
                return
            threading.Event().wait(0.1)
