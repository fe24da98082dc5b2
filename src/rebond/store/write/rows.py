"""Inserting and changing many rows: the ORM's way costs several times what the database itself does."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from rebond.store.dialect import fill, is_postgresql, records

Row = Sequence[Any]


def insert(table: str, columns: Sequence[str], rows: Sequence[Row], *, conflict: str = "") -> None:
    """Insert rows, their values as the database takes them; in order, one after another."""
    if not rows:
        return
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if not is_postgresql():
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places}) {conflict}", rows)
        elif not conflict:
            fill(cursor, table, columns, rows)
        else:
            _merge(cursor, table, columns, rows, conflict=conflict)


def update(table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, object]]) -> None:
    """Change rows by their `id`, all in one statement; `columns`: those that change, with PostgreSQL's types."""
    if not rows:
        return
    changes = ", ".join(f"{name} = given.{name}" for name in columns)
    given = records({"id": "bigint", **columns})
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {changes} FROM {given} AS given WHERE {table}.id = given.id", [json.dumps(rows)]
        )


def _merge(cursor: Any, table: str, columns: Sequence[str], rows: Sequence[Row], *, conflict: str) -> None:
    """Insert by way of a table of this connection: COPY knows no conflicts, and values in a statement cost far more."""
    names, staging = ", ".join(columns), f"new_{table}"
    cursor.execute(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging} ON COMMIT DELETE ROWS AS SELECT {names} FROM {table}"
        " WITH NO DATA"
    )
    fill(cursor, staging, columns, rows)
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {staging} {conflict}")
    cursor.execute(f"DELETE FROM {staging}")
