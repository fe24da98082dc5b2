"""A disk that is full, and a database that another program keeps to itself: refused or stopped in words, then resumed.

The disk is a limit on the size of the process's files, so this is about SQLite; PostgreSQL keeps its own files.
"""

import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.kill_facts import assert_every_return_whole, assert_recount, facts
from tests.acceptance.kill_load import bring
from tests.acceptance.kill_site import Running
from tests.acceptance.kill_stage import BATCH, SEND, SENT, Stage, staged
from tests.waiting import until

IN_FLIGHT = 50
LIFTED = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can lift another process's limit")
# Pauses that a test can wait for.
PATIENCE = (0.01, 0.01)
NO_ROOM, LOCKED = "its disk may be full", "another program keeps the database to itself"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("full"), "sqlite") as found:
        yield found


def sizes(commands_fail_at: int, most: int) -> list[int]:
    """The room that is left, from the first write to one of the last."""
    return list(range(commands_fail_at, most, (most - commands_fail_at) // 4))


def test_at_sending(stage: Stage) -> None:
    _, expected = stage.oracle_of_sending
    stage.put_back(stage.prepared)
    failed = 0
    for room in sizes(70_000, 500_000):
        done = stage.site.run(*SEND, full_size=room, patience=PATIENCE)
        if done.code:
            failed += 1
            assert (done.code, done.out) == (1, ""), done.err
            assert "disk I/O error: see whether the disk" in done.err.splitlines()[-1]
            assert_recount(stage.site)
        stage.site.after_five_minutes()
    assert failed >= 2
    assert stage.site.run(*SEND).code == 0
    assert facts(stage.site) == expected
    assert_sent_once_but_for_uncertain(stage, failed)


def assert_sent_once_but_for_uncertain(stage: Stage, interruptions: int) -> None:
    uncertain = {address for (address,) in stage.site.rows("SELECT address FROM message WHERE uncertain")}
    assert {address for address, times in stage.relay.taken.items() if times > 1} <= uncertain
    assert len(uncertain) <= IN_FLIGHT * interruptions
    assert_recount(stage.site)


@LIFTED
def test_a_sender_that_waits_goes_on_when_there_is_room_again(stage: Stage) -> None:
    _, expected = stage.oracle_of_sending
    stage.put_back(stage.prepared)
    sender = stage.site.start(*SEND, "--until-settled", full_size=200_000, patience=(0.01, 1.0, 1.0))
    until(lambda: NO_ROOM in sender.said())
    make_room(sender)
    until(lambda: "the database answers again" in sender.said())
    until(lambda: not stage.site.rows("SELECT id FROM message WHERE status IN ('pending', 'sending') AND attempts = 0"))
    assert sender.end(after=0.0, by=signal.SIGTERM).code == 0
    assert facts(stage.site) == expected
    assert set(stage.relay.taken.values()) == {1}


def make_room(running: Running) -> None:
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_at_settling(stage: Stage) -> None:
    _, expected = stage.oracle_of_settling
    stage.put_back(stage.stored)
    failed = 0
    for room in sizes(70_000, 400_000):
        done = stage.site.run(*stage.settle, full_size=room, batch=BATCH)
        if done.code:
            failed += 1
            assert (done.code, done.out) == (1, ""), done.err
            assert "disk I/O error: see whether the disk" in done.err
        stage.site.after_five_minutes()
    assert failed >= 1
    assert stage.site.run(*stage.settle, batch=BATCH).code == 0
    assert stage.site.rows("SELECT count(*) FROM returned_mail WHERE state = 'dead'") == [(0,)]
    assert facts(stage.site) == expected


@LIFTED
def test_at_intake_with_a_settler_beside_it(stage: Stage) -> None:
    mails, (_, expected) = stage.returns, stage.oracle_of_settling
    stage.put_back(SENT)
    listener = stage.site.listen(full_size=100_000, batch=BATCH)
    port = listener.port()
    assert port is not None
    answers = bring(port, mails)
    assert set(answers.codes) == {451}
    assert len(answers.acknowledged) + answers.codes.total() == len(mails)
    assert f"not acknowledged: the database cannot write, {NO_ROOM}" in listener.said()
    assert_every_return_whole(stage.site)
    make_room(listener)
    again = bring(port, mails, but=answers.acknowledged)
    assert not again.codes
    assert "returns can be stored again" in listener.said()
    until(lambda: stage.site.rows("SELECT count(*) FROM returned_mail WHERE state = 'stored'") == [(0,)])
    assert listener.end(after=0.0, by=signal.SIGTERM).code == 0
    assert facts(stage.site) == expected


@contextmanager
def kept_by_another(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_database_that_another_program_keeps_to_itself(stage: Stage) -> None:
    mails, (_, expected) = stage.returns, stage.oracle_of_settling
    stage.put_back(SENT)
    listener = stage.site.listen(busy=0.05, batch=BATCH)
    port = listener.port()
    assert port is not None
    with kept_by_another(stage.site.data / "rebond-returns.sqlite3"):
        assert bring(port, mails[:3]).codes == {451: 3}
    # Whoever keeps the main database to itself holds up no intake.
    with kept_by_another(stage.site.data / "rebond.sqlite3"):
        assert not bring(port, mails).codes
        until(lambda: f"not be settled, trying again in 1 s: {LOCKED}" in listener.said())
        short = stage.site.run(*stage.settle, busy=0.05)
        assert (short.code, short.out) == (1, "")
        assert "another process has been writing for long: try again when it has ended" in short.err
    until(lambda: stage.site.rows("SELECT count(*) FROM returned_mail WHERE state = 'stored'") == [(0,)])
    assert listener.end(after=0.0, by=signal.SIGTERM).code == 0
    assert facts(stage.site) == expected


def test_a_sender_waits_for_a_database_that_another_program_keeps_to_itself(stage: Stage) -> None:
    _, expected = stage.oracle_of_sending
    stage.put_back(stage.prepared)
    stage.relay.seconds_each = 0.01
    sender = stage.site.start(*SEND, busy=0.05, patience=(0.01, 1.0, 1.0, 1.0, 1.0, 1.0))
    until(lambda: stage.relay.taken.total() > 30)
    with kept_by_another(stage.site.data / "rebond.sqlite3"):
        until(lambda: LOCKED in sender.said())
    assert sender.end().code == 0
    assert facts(stage.site) == expected
    assert set(stage.relay.taken.values()) == {1}
