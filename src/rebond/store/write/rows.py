"""Inserting many rows: the ORM's way costs several times what the database itself does."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from rebond.store.dialect import is_postgresql

Row = Mapping[str, Any]
_TOGETHER = 200


def insert(table: str, rows: Sequence[Row], *, conflict: str = "") -> None:
    """Insert rows that have the same columns, their values as the database takes them; in order, one after another."""
    if not rows:
        return
    names = list(rows[0])
    values = [[row[name] for name in names] for row in rows]
    with connection.cursor() as cursor:
        if not is_postgresql():
            cursor.executemany(_statement(table, names, 1, conflict), values)
            return
        # PostgreSQL plans every statement of executemany anew.
        for start in range(0, len(values), _TOGETHER):
            part = values[start : start + _TOGETHER]
            cursor.execute(_statement(table, names, len(part), conflict), [value for row in part for value in row])


def _statement(table: str, names: Sequence[str], number: int, conflict: str) -> str:
    places = f"({', '.join(['%s'] * len(names))})"
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([places] * number)} {conflict}"
