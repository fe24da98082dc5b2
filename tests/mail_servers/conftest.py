"""Databases for the sites of these tests."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.mail_servers.programs import open_folder
from tests.mail_servers.site import Site
from tests.missing import missing


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that mail servers may enter."""
    with open_folder("mail") as made:
        yield made


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site on SQLite, made ready."""
    made = Site(tmp_path)
    made.one("init")
    return made


@pytest.fixture
def postgresql_site(tmp_path: Path) -> Iterator[Site]:
    """A site on PostgreSQL, made ready, in a database of its own."""
    url = os.environ.get("REBOND_TEST_POSTGRES_URL")
    if not url:
        missing("there is no PostgreSQL: REBOND_TEST_POSTGRES_URL names one")
    import psycopg

    name = f"mail_servers_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        made = Site(tmp_path, database=urlunsplit(urlsplit(url)._replace(path=f"/{name}")))
        made.one("init")
        yield made
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
