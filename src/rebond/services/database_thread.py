"""The database for services that run on an event loop: one thread of its own, and patience when it is away."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connections, transaction

from rebond.core.ports import Clock
from rebond.store.trouble import trouble

P = ParamSpec("P")
T = TypeVar("T")
# Seconds between tries: a database that restarts is back within a minute; one that is not is the caller's affair.
_PATIENCE = (0.1, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
# A pause that is worth a line.
_LONG = 1.0
log = logging.getLogger("rebond.database")


class DatabaseThread:
    """Runs functions on the database one after another in one thread, so that the loop never waits for it.

    What it runs must be safe to run again: it is, when the database went away, took no writes, was locked too long
    or broke a deadlock.
    `interruptions` counts how often that was so: what was committed then, nobody was told.
    """

    def __init__(self, clock: Clock) -> None:
        self.interruptions = 0
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self._turn = asyncio.Lock()
        self._tries = 0
        self._patient: Callable[[], bool] = lambda: False

    def wait_while(self, patient: Callable[[], bool]) -> None:
        """Wait for a database that stays away for as long as this holds, instead of about a minute."""
        self._patient = patient

    async def transact(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in one transaction; see `call`."""
        return await self.call(_in_transaction, partial(function, *args, **kwargs))

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in the thread; raises the database's own error when it stays away.

        After that each call has one try, until one succeeds.
        """
        work = partial(function, *args, **kwargs)
        async with self._turn:
            while True:
                try:
                    done = await self._run(work)
                except (OperationalError, InterfaceError, InternalError) as error:
                    await self._rest_after(error)
                else:
                    if self._tries > 1:
                        log.warning("the database answers again: going on")
                    self._tries = 0
                    return done

    async def _rest_after(self, error: Exception) -> None:
        """Wait before the next try, longer each time; raises the error when there is to be none."""
        self.interruptions += 1
        await self._run(connections.close_all)
        found = trouble(error)
        if not found.passes or (self._tries >= len(_PATIENCE) and not self._patient()):
            raise error
        pause = _PATIENCE[min(self._tries, len(_PATIENCE) - 1)]
        self._tries += 1
        if pause >= _LONG:
            log.warning("%s: trying again in %.0f s", found.words, pause)
        await self._clock.sleep(pause)

    async def close(self) -> None:
        """Close the thread's connections, and end it."""
        await self._run(connections.close_all)
        self._thread.shutdown()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _in_transaction(work: Callable[[], T]) -> T:
    with transaction.atomic():
        return work()
