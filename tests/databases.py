"""Databases of their own, for sites whose commands run in processes of their own."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

# Whether this run is the one on PostgreSQL: what is marked `either_database` then uses it.
ON_POSTGRESQL = os.environ.get("REBOND_TEST_DATABASE") == "postgresql"
SERVER = os.environ.get("REBOND_TEST_POSTGRES_URL", "")


@contextmanager
def own_database(server: str = SERVER, *, like: str = "template1") -> Iterator[str]:
    """Make a database on a PostgreSQL server for the block, empty or a copy of another one, and give its URL.

    It is dropped after the block, as are its copies: their names go on from its own.
    """
    import psycopg

    name = f"own_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")  # type: ignore[call-overload]
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name])
            for (one,) in found.fetchall():
                connection.execute(f'DROP DATABASE "{one}" WITH (FORCE)')
