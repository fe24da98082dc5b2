"""The differences between SQLite and PostgreSQL, in one place."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Collate


def is_postgresql() -> bool:
    """Tell which of the two databases this process uses."""
    return connection.vendor == "postgresql"


def moment(at: datetime | None) -> Any:
    """Return a time as a parameter for raw SQL."""
    return connection.ops.adapt_datetimefield_value(at) if at is not None else None


def temporary_table(name: str, columns: str) -> str:
    """Return the statement that makes a table of this connection, empty when a transaction begins to fill it."""
    rule = " ON COMMIT DELETE ROWS" if is_postgresql() else ""
    return f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({columns}){rule}"


def fill(cursor: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Put many rows into an empty temporary table, the fastest way that the database has."""
    names = ", ".join(columns)
    if is_postgresql():
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    cursor.execute(f"DELETE FROM {table}")
    cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", rows)


def prefer_indexes(cursor: Any) -> None:
    """Make index look-ups cheap to the planner for this transaction: a chunk meets a table that grows without end."""
    if is_postgresql():
        cursor.execute("SET LOCAL random_page_cost = 1.1")


def as_json(expression: str) -> str:
    """Return an expression of text as one of a JSON column."""
    return f"({expression})::jsonb" if is_postgresql() else expression


def merged_json(old: str, new: str) -> str:
    """Return the expression for an object with another's members laid over it; no member may be null or an object."""
    return f"({old} || {new})" if is_postgresql() else f"json_patch({old}, {new})"


def many(texts: Sequence[str]) -> tuple[str, Any]:
    """Return a table of one column, `value`, for a FROM clause, and the one parameter that it takes."""
    if is_postgresql():
        return "unnest(%s::text[]) AS many(value)", list(texts)
    return "json_each(%s) AS many", json.dumps(texts)


def by_bytes(column: str) -> Any:
    """Return a column as an expression that sorts by code points, as Python does."""
    return Collate(column, "C") if is_postgresql() else F(column)


def domain_of(expression: str) -> str:
    """Return the expression for what follows the first @."""
    place = f"strpos({expression}, '@')" if is_postgresql() else f"instr({expression}, '@')"
    return f"substr({expression}, {place} + 1)"


def take_turns(cursor: Any, number: int) -> None:
    """Let one transaction at a time go on from here; SQLite has one writer anyway."""
    if is_postgresql():
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def agree_on(cursor: Any, names: Sequence[str], *, alone: Sequence[bool]) -> None:
    """Hold names until the transaction ends: those to be `alone` with, against everybody; the others, against those.

    In the order of their hashes, so that no two wait for each other. SQLite has one writer anyway.
    """
    if is_postgresql() and names:
        cursor.execute(
            "SELECT CASE WHEN alone THEN pg_advisory_xact_lock(hash) ELSE pg_advisory_xact_lock_shared(hash) END"
            " FROM (SELECT hashtextextended(name, 0) AS hash, bool_or(alone) AS alone"
            " FROM unnest(%s::text[], %s::bool[]) AS wanted(name, alone) GROUP BY 1 ORDER BY 1) AS wanted",
            [list(names), list(alone)],
        )
