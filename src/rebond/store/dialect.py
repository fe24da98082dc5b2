"""The differences between SQLite and PostgreSQL, in one place."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import Func, TextField


@cache
def is_postgresql() -> bool:
    """Tell which of the two databases this process uses; it never changes (see `connect`)."""
    return connection.vendor == "postgresql"


def moment(at: datetime | None) -> Any:
    """Return a time as a parameter for raw SQL; as the ORM writes it, in a tenth of its time."""
    if at is None or is_postgresql():
        return at
    return str(at if at.tzinfo is UTC else at.astimezone(UTC))[: -len("+00:00")]


def read_moment(value: Any) -> Any:
    """Return a time that raw SQL gave: SQLite knows no zones, and everything there is UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def plain_moment(column: str) -> str:
    """Return the expression for a time that `read_moment` reads.

    With its zone it takes ten times as long to read, and as what SQLite names a time, three times.
    """
    return f"({column} AT TIME ZONE 'UTC')" if is_postgresql() else f"+{column}"


def temporary_table(name: str, columns: str) -> str:
    """Return the statement that makes a table of this connection, empty when a transaction begins to fill it."""
    rule = " ON COMMIT DELETE ROWS" if is_postgresql() else ""
    return f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({columns}){rule}"


def fill(cursor: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Put many rows into a table, the fastest way that the database has; SQLite: into an empty temporary one."""
    names = ", ".join(columns)
    if is_postgresql():
        with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    cursor.execute(f"DELETE FROM {table}")
    cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", rows)


@contextmanager
def unhurried(using: str) -> Iterator[None]:
    """Commit without waiting for the disk: for a transaction that, lost in a power cut, would simply be done again.

    What is committed after it is durable only together with it, so the order holds.
    """
    if is_postgresql() or connections[using].in_atomic_block:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            if is_postgresql():
                cursor.execute("SET LOCAL synchronous_commit = off")
            yield
        return
    with connections[using].cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        (before,) = cursor.fetchone()
        cursor.execute(f"PRAGMA synchronous = {min(before, 1)}")
    try:
        with transaction.atomic(using=using):
            yield
    finally:
        with connections[using].cursor() as cursor:
            cursor.execute(f"PRAGMA synchronous = {before}")


def prefer_indexes(cursor: Any) -> None:
    """Make index look-ups cheap to the planner for this transaction: a chunk meets a table that grows without end."""
    if is_postgresql():
        cursor.execute("SET LOCAL random_page_cost = 1.1")


@contextmanager
def looking_up() -> Iterator[Any]:
    """Give a cursor for statements that look up few rows among many; takes no lock."""
    if not is_postgresql():  # whose transactions all take the lock of the one that writes
        with connection.cursor() as cursor:
            yield cursor
        return
    with transaction.atomic(), connection.cursor() as cursor:
        prefer_indexes(cursor)
        yield cursor


def as_json(expression: str) -> str:
    """Return an expression of text as one of a JSON column."""
    return f"({expression})::jsonb" if is_postgresql() else expression


def merged_json(old: str, new: str) -> str:
    """Return the expression for an object with another's members laid over it; no member may be null or an object."""
    return f"({old} || {new})" if is_postgresql() else f"json_patch({old}, {new})"


def each_key(column: str) -> str:
    """Return a table of one column, `key`, for a FROM clause: the names of the members of a JSON column."""
    return f"jsonb_object_keys({column}) AS names(key)" if is_postgresql() else f"json_each({column}) AS names"


def many(texts: Sequence[str]) -> tuple[str, Any]:
    """Return a table of one column, `value`, for a FROM clause, and the one parameter that it takes."""
    if is_postgresql():
        return "unnest(%s::text[]) AS many(value)", listed(texts)
    return "json_each(%s) AS many", json.dumps(texts)


def looked_up(columns: str, table: str, *, column: str, where: str, given: str) -> str:
    """Return what a FROM clause holds to look up rows by the `listed` texts of the parameter `given`, as `found`.

    PostgreSQL must not see the list while it plans: it would weigh each text, and whether to read the whole table.
    SQLite keeps the order of a CROSS JOIN, so that the few asked for are looked up and the many stored are not read.
    """
    if is_postgresql():
        among_them = f"{column} = ANY ((SELECT %({given})s::text[])::text[])"  # the second cast makes it one value
        return f"(SELECT {columns} FROM {table} WHERE {among_them} AND {where}) AS found"
    listed_in = f"json_each(%({given})s) AS many CROSS JOIN {table}"
    return f"(SELECT {columns} FROM {listed_in} WHERE {column} = many.value AND {where}) AS found"


def in_lines(expression: str) -> str:
    """Return the aggregate of texts as one text of lines: many rows in one, since each row costs."""
    return f"string_agg({expression}, chr(10))" if is_postgresql() else f"group_concat({expression}, char(10))"


def among(column: str) -> str:
    """Return the condition that a column holds one of the texts that `listed` makes a parameter of.

    One parameter instead of one a value: to write those into the statement costs more than to look the rows up.
    """
    return f"{column} = ANY (%s::text[])" if is_postgresql() else f"{column} IN (SELECT value FROM json_each(%s))"


def among_numbers(column: str) -> str:
    """Return the same for a column of whole numbers."""
    return f"{column} = ANY (%s::bigint[])" if is_postgresql() else among(column)


def listed(values: Collection[str] | Collection[int]) -> str:
    """Return the parameter that `among` takes."""
    if not is_postgresql():
        return json.dumps(list(values))
    # As PostgreSQL writes arrays; psycopg does the same in eight times the time.
    together = '","'.join(map(str, values))
    if "\\" in together or together.count('"') != 2 * max(0, len(values) - 1):
        together = '","'.join(map(_escaped, map(str, values)))
    return f'{{"{together}"}}' if values else "{}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def records(columns: Mapping[str, str]) -> str:
    """Return a table with these columns (name and PostgreSQL's type), for a FROM clause that gives it its name.

    Its one parameter is a JSON list of objects; see `among` for why.
    """
    if is_postgresql():
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"(SELECT * FROM json_to_recordset(%s::json) AS given({typed}))"
    extracted = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"(SELECT {extracted} FROM json_each(%s))"


def locking() -> str:
    """Return the end of a SELECT that locks its rows; SQLite has one writer anyway."""
    return "FOR UPDATE" if is_postgresql() else ""


def passing_over_locked(table: str) -> str:
    """Return the end of a SELECT that locks that table's rows, without those that another transaction holds."""
    return f"FOR UPDATE OF {table} SKIP LOCKED" if is_postgresql() else ""


def by_bytes(column: str) -> str:
    """Return a column as an expression that sorts by code points, as Python does."""
    return f'{column} COLLATE "C"' if is_postgresql() else column


def unindexed(expression: str) -> str:
    """Return an expression that SQLite takes no index for: it knows no statistics, and would sort all for some."""
    return expression if is_postgresql() else f"+{expression}"


def domain_of(expression: str) -> str:
    """Return the expression for what follows the first @."""
    place = f"strpos({expression}, '@')" if is_postgresql() else f"instr({expression}, '@')"
    return f"substr({expression}, {place} + 1)"


class EmailDomain(Func):
    """The same for the ORM; without parameters, so that an index on it is found."""

    output_field = TextField()
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="substr(%(expressions)s, instr(%(expressions)s, '@') + 1)")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="substr(%(expressions)s, strpos(%(expressions)s, '@') + 1)")


def hour_of(expression: str) -> str:
    """Return the expression for the hour in which a time lies; stored times are UTC."""
    return f"date_trunc('hour', {expression})" if is_postgresql() else f"substr({expression}, 1, 13) || ':00:00'"


def later(expression: str, span: timedelta) -> str:
    """Return the expression for a time so much later."""
    seconds = int(span.total_seconds())
    if is_postgresql():
        return f"({expression} + interval '{seconds} seconds')"
    # As the ORM writes times: to be compared as texts.
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', {expression}, '+{seconds} seconds')"


def seconds_between(begin: str, end: str) -> str:
    """Return the expression for the whole seconds from one time to another."""
    if is_postgresql():
        return f"CAST(EXTRACT(EPOCH FROM {end} - {begin}) AS bigint)"
    return f"CAST((julianday({end}) - julianday({begin})) * 86400 + 0.5 AS integer)"


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


def json_text(column: str, member: str) -> tuple[str, str]:
    """Return a member of a JSON column as an expression of text, null without one, and the parameter that it takes."""
    if is_postgresql():
        return f"({column} ->> %s::text)", member
    return f"CAST(json_extract({column}, %s) AS TEXT)", f'$."{member}"'


def contains(expression: str) -> str:
    """Return the condition that a text holds the parameter, whatever the case (SQLite: of ASCII letters)."""
    place = "strpos" if is_postgresql() else "instr"
    return f"{place}(lower({expression}), lower(%s)) > 0"


def as_number(expression: str, sign: str) -> tuple[str, int]:
    """Return the condition that a text is a number less or more than the parameter, and how often it has the text."""
    if is_postgresql():
        shape = f"{expression} ~ '^-?[0-9]{{1,15}}([.][0-9]{{1,10}})?$'"
        return f"CASE WHEN {shape} THEN ({expression})::numeric {sign} %s::numeric ELSE false END", 2
    shape = f"{expression} GLOB '*[0-9]*' AND {expression} NOT GLOB '*[^0-9.-]*'"
    return f"CASE WHEN {shape} THEN CAST({expression} AS REAL) {sign} CAST(%s AS REAL) ELSE 0 END", 3
