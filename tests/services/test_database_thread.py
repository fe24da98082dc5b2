"""The database thread is patient with a database that goes away, and with nothing else."""

import asyncio
from collections.abc import Callable

import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection
from sending_fixtures import JumpingClock

from rebond.services.database_thread import DatabaseThread
from rebond.store.models import JobRun

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def run(work: Callable[[DatabaseThread], object], clock: JumpingClock | None = None) -> object:
    async def inside() -> object:
        database = DatabaseThread(clock or JumpingClock())
        try:
            return await work(database)  # type: ignore[misc]
        finally:
            await database.close()

    return asyncio.run(inside())


def fails(times: int, error: Exception) -> Callable[[], int]:
    left = [times]

    def work() -> int:
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return 42

    return work


def read_only() -> Exception:
    error = InternalError("cannot execute UPDATE in a read-only transaction")
    error.__cause__ = ReadOnly()
    return error


class ReadOnly(Exception):  # noqa: N818 - as the server calls it
    sqlstate = "25006"


@pytest.mark.parametrize("error", [OperationalError("the server is restarting"), InterfaceError("closed"), read_only()])
def test_it_tries_again_with_growing_pauses(error: Exception) -> None:
    clock = JumpingClock()
    assert run(lambda database: database.call(fails(3, error)), clock) == 42
    assert clock.monotonic() == pytest.approx(3.1)


def test_it_gives_up_when_the_database_stays_away() -> None:
    clock = JumpingClock()
    with pytest.raises(OperationalError, match="away"):
        run(lambda database: database.transact(fails(100, OperationalError("away"))), clock)
    assert clock.monotonic() > 60


def test_it_gives_up_at_once_until_the_database_answers() -> None:
    clock = JumpingClock()

    async def work(database: DatabaseThread) -> None:
        for _ in range(2):
            with pytest.raises(OperationalError):
                await database.call(fails(100, OperationalError("away")))
        given_up = clock.monotonic()
        assert given_up < 70
        assert await database.call(fails(0, OperationalError())) == 42
        assert await database.call(fails(1, OperationalError("away"))) == 42
        assert clock.monotonic() > given_up

    run(work, clock)


def test_it_waits_as_long_as_it_is_told_to_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    clock = JumpingClock()

    async def work(database: DatabaseThread) -> object:
        database.wait_while(lambda: clock.monotonic() < 1000)
        assert await database.call(fails(20, OperationalError("away"))) == 42
        assert database.interruptions == 20
        with pytest.raises(OperationalError):
            await database.call(fails(100, OperationalError("away")))
        return clock.monotonic()

    assert 1000 < run(work, clock) < 1100  # type: ignore[operator]
    said = [record.getMessage() for record in caplog.records]
    assert "the database does not answer (away): trying again in 30 s" in said
    assert "the database answers again: going on" in said


def test_it_does_not_wait_for_what_does_not_pass() -> None:
    import sqlite3

    clock, error = JumpingClock(), OperationalError("no such table")
    error.__cause__ = sqlite3.OperationalError()
    error.__cause__.sqlite_errorcode = sqlite3.SQLITE_ERROR
    with pytest.raises(OperationalError):
        run(lambda database: database.call(fails(1, error)), clock)
    assert clock.monotonic() == 0


def test_any_other_error_is_the_callers() -> None:
    with pytest.raises(KeyError):
        run(lambda database: database.call(fails(1, KeyError("x"))))


def test_a_transaction_is_kept_whole_or_not_at_all() -> None:
    def half() -> None:
        assert connection.in_atomic_block
        JobRun.objects.create(name="cleanup", at="2026-03-01T00:00Z")
        raise KeyError

    with pytest.raises(KeyError):
        run(lambda database: database.transact(half))
    assert not JobRun.objects.exists()


def test_it_has_a_connection_of_its_own() -> None:
    here = connection.connection
    assert run(lambda database: database.call(lambda: connection.connection)) is not here or here is None
