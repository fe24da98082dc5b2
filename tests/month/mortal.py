"""A sender's way to the database that ends as a killed process would: nothing that comes after is written."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from rebond.core.ports import Clock
from rebond.services.database_thread import DatabaseThread

P = ParamSpec("P")
T = TypeVar("T")
# What a sender writes, and may die at; how often it looks in between depends on how fast the machine is.
WRITES = ("_record_window", "_record_window", "_record_window", "claim", "release")


class KilledError(Exception):
    """This worker is dead."""


class MortalThread(DatabaseThread):
    """Dies at its `number`th call of a function with this name (empty: never), before that call or after it."""

    def __init__(self, clock: Clock, *, dies_at: str, number: int, after: bool) -> None:
        super().__init__(clock)
        self._dies_at = dies_at
        self._left = number
        self._after = after
        self._dead = False

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._dead:
            raise KilledError
        if _name(function, args) == self._dies_at:
            self._left -= 1
            self._dead = self._left == 0
        dies = self._dead
        if dies and not self._after:
            raise KilledError
        found = await super().call(function, *args, **kwargs)
        if dies:
            raise KilledError
        return found


def _name(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """Name what is called, within a transaction or not."""
    inner = getattr(args[0], "func", None) if args else None
    return str(getattr(inner or function, "__name__", ""))
