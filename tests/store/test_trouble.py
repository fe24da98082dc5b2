"""What an error of the database means: whether waiting helps."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError

from rebond.store.trouble import trouble


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def of_sqlite(code: int) -> Exception:
    cause = sqlite3.OperationalError("words")
    cause.sqlite_errorcode = code
    return caused(OperationalError("words\nand more"), cause)


class ServerError(Exception):
    def __init__(self, state: str | None) -> None:
        self.sqlstate = state


@pytest.mark.parametrize(
    ("error", "passes", "words"),
    [
        (of_sqlite(sqlite3.SQLITE_BUSY), True, "another program keeps the database to itself (words)"),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), True, "the database cannot write, its disk may be full (words)"),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), True, "words"),
        (of_sqlite(sqlite3.SQLITE_ERROR), False, "words"),
        (caused(OperationalError("gone"), ServerError(None)), True, "the database does not answer (gone)"),
        (caused(OperationalError("stopped"), ServerError("57P01")), True, "the database does not answer (stopped)"),
        (
            caused(OperationalError("full"), ServerError("53100")),
            True,
            "the database cannot write, its disk may be full (full)",
        ),
        (caused(OperationalError("circle"), ServerError("40P01")), True, "circle"),
        (caused(OperationalError("too large for an index"), ServerError("54000")), False, "too large for an index"),
        (InterfaceError("closed"), True, "the database does not answer (closed)"),
        (
            caused(InternalError("a standby"), ServerError("25006")),
            True,
            "the database takes no writes at present (a standby)",
        ),
        (caused(InternalError("broken"), ServerError("25P02")), False, "broken"),
        (IntegrityError("twice"), False, "twice"),
        (KeyError(), False, "KeyError"),
    ],
)
def test_what_an_error_means(error: Exception, passes: bool, words: str) -> None:
    found = trouble(error)
    assert (found.passes, found.words) == (passes, words)


def test_a_table_that_is_not_there_does_not_come_by_waiting(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x")) as connection, pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("SELECT * FROM nothing")
    assert not trouble(caused(OperationalError(str(caught.value)), caught.value)).passes
