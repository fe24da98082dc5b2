"""Databases for the sites of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import SERVER, own_database
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
    if not SERVER:
        missing("there is no PostgreSQL: REBOND_TEST_POSTGRES_URL names one")
    with own_database() as url:
        made = Site(tmp_path, database=url)
        made.one("init")
        yield made
