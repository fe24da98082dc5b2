"""Looking up few rows among many, several statements in one round trip."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection

from rebond.store.dialect import among, is_postgresql, listed

Statement = tuple[str, Sequence[Any]]


def rows_of(
    table: str, columns: str, *, column: str, values: Collection[str], where: str, given: Sequence[Any] = ()
) -> Statement:
    """Return a statement for the rows whose column holds one of these texts; `where` and `given` say what else.

    PostgreSQL looks up one value after another in the index. Told to find any of them, it reads whole tables as long
    as it takes them for small, and they grow faster than it looks.
    """
    if not is_postgresql():
        return f"SELECT {columns} FROM {table} WHERE {where} AND {among(column)}", [*given, listed(values)]
    return _each(f"SELECT {columns} FROM {table} WHERE {where} AND {column} = wanted.value OFFSET 0", values, given)


def locked_rows_of(
    table: str, columns: str, *, column: str, values: Sequence[str], where: str, given: Sequence[Any], order: str
) -> Statement:
    """Return the same for rows that are locked until the transaction ends, in the order of the values, then this."""
    if not is_postgresql():  # which has one writer anyway
        return rows_of(table, columns, column=column, values=values, where=where, given=given)
    wanted = f"SELECT {columns} FROM {table} WHERE {where} AND {column} = wanted.value ORDER BY {order} FOR UPDATE"
    return _each(wanted, values, given)


def _each(wanted: str, values: Collection[str], given: Sequence[Any]) -> Statement:
    statement = f"SELECT found.* FROM unnest(%s::text[]) AS wanted(value) CROSS JOIN LATERAL ({wanted}) AS found"
    return statement, [listed(values), *given]


def fetch_all(cursor: Any, statements: Sequence[Statement]) -> list[list[Any]]:
    """Run these one after another and return the rows of each; to PostgreSQL they go together."""
    if not is_postgresql():
        found = []
        for statement, parameters in statements:
            cursor.execute(statement, parameters)
            found.append(cursor.fetchall())
        return found
    together = ";\n".join(statement for statement, _ in statements)
    cursor.execute(together, [value for _, parameters in statements for value in parameters])
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    return found


def look_up(statement: str, given: Mapping[str, Any]) -> list[Any]:
    """Run a statement with named parameters that looks up few rows among many, without a lock, and return its rows.

    PostgreSQL takes the parameters beside the statement, each once: to find the end of a long text costs it as much as
    to read its list.
    """
    with connection.cursor() as cursor:
        if not is_postgresql():
            cursor.execute(statement, given)
            return list(cursor.fetchall())
        from psycopg import Cursor

        with connection.wrap_database_errors, Cursor(cursor.connection) as bound:
            return list(bound.execute(statement, given).fetchall())
