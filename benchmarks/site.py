"""A site of its own for a row, on the database asked for, and plain connections to its data."""

import contextlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rebond.wiring import Site

POSTGRES_VARIABLE = "REBOND_TEST_POSTGRES_URL"
BOUNCE_DOMAIN = "bounce.example"
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
REBOND = str(Path(sys.executable).with_name("rebond"))


@contextlib.contextmanager
def data_directory(database: str) -> Iterator[Path]:
    """A folder for a site; the environment of this process names its database. All of it goes afterwards."""
    name = f"rebond_bench_{secrets.token_hex(6)}"
    with tempfile.TemporaryDirectory(prefix="rebond-bench-") as folder:
        os.environ["REBOND_BOUNCE_DOMAIN"] = BOUNCE_DOMAIN
        if database == "postgresql":
            server = os.environ[POSTGRES_VARIABLE]
            _administer(server, f"CREATE DATABASE {name}")
            os.environ["REBOND_DATABASE_URL"] = _named(server, name)
        try:
            yield Path(folder)
        finally:
            if database == "postgresql":
                _administer(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextlib.contextmanager
def fresh_site(database: str) -> Iterator["Site"]:
    """An initialised site, with this process connected to it."""
    from rebond.store.connect import disconnect
    from rebond.wiring import init_site

    with data_directory(database) as folder:
        try:
            yield init_site(folder)
        finally:
            disconnect()


@contextlib.contextmanager
def plain_connection(site: "Site") -> Iterator[Any]:
    """A DB-API connection to a site's main database, without Django."""
    if url := os.environ.get("REBOND_DATABASE_URL"):
        import psycopg

        with psycopg.connect(url) as connection:
            yield connection
        return
    with contextlib.closing(_sqlite(site.data / "rebond.sqlite3")) as connection:
        yield connection


@contextlib.contextmanager
def empty_twin(site: "Site", mark: str) -> Iterator[Any]:
    """A DB-API connection to a copy of a site's database as it is now; `mark` tells copies apart."""
    from rebond.store.connect import disconnect

    disconnect()
    if url := os.environ.get("REBOND_DATABASE_URL"):
        import psycopg

        name = url.rpartition("/")[2]
        server = os.environ[POSTGRES_VARIABLE]
        _administer(server, f"CREATE DATABASE {name}_{mark} TEMPLATE {name}")
        try:
            with psycopg.connect(_named(server, f"{name}_{mark}")) as connection:
                yield connection
        finally:
            _administer(server, f"DROP DATABASE {name}_{mark} WITH (FORCE)")
        return
    main, twin = site.data / "rebond.sqlite3", site.data / f"twin-{mark}.sqlite3"
    with contextlib.closing(_sqlite(main)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(main, twin)
    with contextlib.closing(_sqlite(twin)) as connection:
        yield connection


def load(connection: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Put rows into a table in one transaction the fastest way that the database has: COPY or executemany."""
    names = ", ".join(columns)
    if isinstance(connection, sqlite3.Connection):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})", rows)
    else:
        with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    connection.commit()


def settle_statistics(connection: Any) -> None:
    """Do what the databases do by themselves after a while: gather statistics, and on PostgreSQL vacuum."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")
    connection.autocommit = False


def rebond(*arguments: str, output: Any = subprocess.DEVNULL) -> tuple[float, float]:
    """Run a command of Rebond to its end; returns its seconds and the megabytes that it held at most."""
    import time

    began = time.perf_counter()
    process = subprocess.Popen([REBOND, *arguments], stdin=subprocess.DEVNULL, stdout=output)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise RuntimeError(f"rebond {' '.join(arguments)} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss * unit / 1e6


def _sqlite(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(_PRAGMAS)
    return connection


def _administer(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


def _named(server: str, name: str) -> str:
    return f"{server.rpartition('/')[0]}/{name}"
