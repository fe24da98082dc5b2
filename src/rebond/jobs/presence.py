"""A process of the site says that it runs, and holds on to what it carries out."""

import logging
import os
import platform
import secrets
import threading
from collections.abc import Callable, Collection
from importlib.metadata import version

from rebond.services.jobs import leave, renew, show_oneself
from rebond.store.connect import disconnect
from rebond.store.trouble import trouble
from rebond.wiring import Site

SAY_EVERY = 15.0
log = logging.getLogger("rebond.jobs")


class Presence:
    """A thread that says every few seconds that this process runs."""

    def __init__(self, site: Site, *, kind: str, every: float = SAY_EVERY) -> None:
        self.name = f"{platform.node()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._site = site
        self._kind = kind
        self._every = every
        self._carries: Callable[[], Collection[str]] = tuple
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rebond-presence", daemon=True)

    def begin(self, *, carries: Callable[[], Collection[str]] = tuple) -> None:
        """Say it now, and again until the end; `carries` names what is carried out at the time, and is held on to.

        What could not be let go, as when the database was away, lapses: it must be free for whoever comes next.
        """
        self._carries = carries
        self._thread.start()

    def end(self) -> None:
        """Say that this process ends."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        started = self._site.clock.now()
        while True:
            try:
                now = self._site.clock.now()
                show_oneself(
                    self.name,
                    kind=self._kind,
                    host=platform.node(),
                    pid=os.getpid(),
                    version=version("rebond"),
                    started_at=started,
                    now=now,
                )
                renew(self.name, self._carries(), now=now)
            except Exception as error:  # the database may be away for a while
                log.warning("it could not be said that this process runs: %s", trouble(error).words)
                disconnect()
            if self._stop.wait(self._every):
                break
        try:
            leave(self.name, now=self._site.clock.now())
        except Exception as error:
            log.warning("it could not be said that this process ends: %s", trouble(error).words)
        disconnect()
