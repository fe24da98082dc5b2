"""The tables as they are, by SQL of our own: nothing here knows the code that wrote them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, connections

from rebond.store.router import returns_database

_PART = 400


def rows(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def rows_of_returns(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Run a statement where the returned mails are."""
    with connections[returns_database()].cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def rows_of(statement: str, values: Iterable[object]) -> Iterator[tuple[Any, ...]]:
    """Run a statement with `{some}` for each part of the values."""
    wanted = list(values)
    for start in range(0, len(wanted), _PART):
        part: Sequence[object] = wanted[start : start + _PART]
        yield from rows(statement.format(some=", ".join(["%s"] * len(part))), *part)


def one(statement: str, *parameters: object) -> Any:
    return rows(statement, *parameters)[0][0]


def when(value: Any) -> datetime | None:
    """Read a time: SQLite gives text in UTC, PostgreSQL a time with its zone."""
    if value is None:
        return None
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
