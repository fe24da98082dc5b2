"""Leaving no bytes behind of what is deleted: SQLite only marks what it freed, and keeps old pages in its log."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from rebond.store.connect import RETURNS
from rebond.store.dialect import is_postgresql

_PATIENCE = 1_000  # milliseconds; who reads then, keeps the log, and the next erasure or cleanup empties it


@contextmanager
def overwriting() -> Iterator[None]:
    """Overwrite what is deleted within, and empty the logs behind it; PostgreSQL has its vacuum for that."""
    if is_postgresql():
        yield
        return
    before = {name: _set(name, "secure_delete", "ON") for name in ("default", RETURNS)}
    try:
        yield
    finally:
        for name, value in before.items():
            _set(name, "secure_delete", value)
    for name in before:
        if not connections[name].in_atomic_block:  # whose pages are not in the log yet
            _empty_log(name)


def _empty_log(name: str) -> None:
    patience = _set(name, "busy_timeout", str(_PATIENCE))
    try:
        with connections[name].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
    finally:
        _set(name, "busy_timeout", patience)


def _set(name: str, pragma: str, value: str) -> str:
    """Set a pragma of this connection and return what it was."""
    with connections[name].cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        (before,) = cursor.fetchone()
        cursor.execute(f"PRAGMA {pragma} = {value}")
        cursor.fetchall()
    return str(before)
