"""A sender's way to the database that ends as a killed process would: nothing that comes after is written."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from rebond.core.ports import Clock
from rebond.services.database_thread import DatabaseThread

P = ParamSpec("P")
T = TypeVar("T")


class KilledError(Exception):
    """This worker is dead."""


class MortalThread(DatabaseThread):
    """Dies at its call number `dies_at` (0: never), before that call or after it."""

    def __init__(self, clock: Clock, *, dies_at: int, after: bool) -> None:
        super().__init__(clock)
        self._left = dies_at
        self._after = after
        self._dead = False

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._dead:
            raise KilledError
        self._left -= 1
        self._dead = self._left == 0
        if self._dead and not self._after:
            raise KilledError
        found = await super().call(function, *args, **kwargs)
        if self._dead:
            raise KilledError
        return found
