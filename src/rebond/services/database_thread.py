"""The database for services that run on an event loop: one thread of its own, and patience when it is away."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections, transaction

from rebond.core.ports import Clock

P = ParamSpec("P")
T = TypeVar("T")
# Seconds between tries: a database that restarts is back within a minute; one that is not is the caller's affair.
_PATIENCE = (0.1, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)


class DatabaseThread:
    """Runs functions on the database one after another in one thread, so that the loop never waits for it.

    What it runs must be safe to run again: it is, when the database went away, was locked too long or broke a deadlock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")

    async def transact(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in one transaction; see `call`."""
        return await self.call(_in_transaction, partial(function, *args, **kwargs))

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in the thread; OperationalError when the database stays away."""
        loop = asyncio.get_running_loop()
        work = partial(function, *args, **kwargs)
        for pause in _PATIENCE:
            try:
                return await loop.run_in_executor(self._thread, work)
            except (OperationalError, InterfaceError):
                await loop.run_in_executor(self._thread, connections.close_all)
                await self._clock.sleep(pause)
        return await loop.run_in_executor(self._thread, work)

    async def close(self) -> None:
        """Close the thread's connections, and end it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()


def _in_transaction(work: Callable[[], T]) -> T:
    with transaction.atomic():
        return work()
