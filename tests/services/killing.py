"""A process that dies between two writes to the database."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.utils import CursorWrapper

WRITES = ("INSERT", "UPDATE", "DELETE")


class KilledError(Exception):
    """The process is gone: nothing more reaches the database."""


@contextmanager
def killed_before(write: int) -> Iterator[Counter[str]]:
    """Let the process die before its nth write; from then on every statement fails. Counts the writes."""
    seen: Counter[str] = Counter()
    plain = CursorWrapper.execute, CursorWrapper.executemany

    def check(statement: Any) -> None:
        if str(statement).lstrip().upper().startswith(WRITES):
            seen["writes"] += 1
        if seen["writes"] >= write:
            seen["dead"] = 1
            raise KilledError

    def execute(self: CursorWrapper, sql: Any, params: Any = None) -> Any:
        check(sql)
        return plain[0](self, sql, params)

    def executemany(self: CursorWrapper, sql: Any, params: Any) -> Any:
        check(sql)
        return plain[1](self, sql, params)

    CursorWrapper.execute, CursorWrapper.executemany = execute, executemany  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        CursorWrapper.execute, CursorWrapper.executemany = plain  # type: ignore[method-assign]
