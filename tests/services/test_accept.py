"""A return is durable before it is acknowledged; the same return twice is one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from rebond.core.words import Trust
from rebond.services.accept import Incoming, accept_many
from rebond.store.dialect import is_postgresql
from rebond.store.read.returns import ReturnState, count_returns, list_returns, raw_mail, returns_waiting
from rebond.store.router import returns_database
from rebond.store.write.returns import (
    MOST_TRIES,
    FinishedReturn,
    claim_returns,
    fail_return,
    finish_returns,
    release_returns,
    revive_returns,
)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASE = timedelta(minutes=5)
MAIL = b"From: MAILER-DAEMON@mx.example\r\nSubject: failed\r\n\r\nno such mailbox\r\n"


def mail(number: int = 0, *, to: str = "", raw: bytes | None = None) -> Incoming:
    return Incoming(source="lmtp", raw=MAIL + b"%d" % number if raw is None else raw, envelope_from="", envelope_to=to)


def claim(*, now: datetime = NOW, limit: int = 100, worker: str = "w", most_bytes: int = 1 << 20):  # type: ignore[no-untyped-def]
    return claim_returns(worker=worker, now=now, lease=LEASE, limit=limit, most_bytes=most_bytes)


def test_what_is_accepted_comes_out_as_it_came_in() -> None:
    raw = b"\x00\xff\r\n.\r\nFrom \n" * 1000
    accepted = accept_many(
        [Incoming(source="maildir", raw=raw, envelope_to="b+x@bounce.example", required_trust=Trust.SIGNED)], now=NOW
    )
    assert [one.duplicate for one in accepted] == [False]
    (taken,) = claim()
    assert (taken.raw, taken.identity, taken.source) == (raw, accepted[0].identity, "maildir")
    assert (taken.envelope_from, taken.envelope_to) == (None, "b+x@bounce.example")
    assert (taken.received_at, taken.required_trust, taken.tries) == (NOW, Trust.SIGNED, 1)
    assert raw_mail(taken.id) == raw


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xff" * 70_000])
def test_any_bytes_are_accepted(raw: bytes) -> None:
    accept_many([mail(raw=raw)], now=NOW)
    assert claim()[0].raw == raw


def test_the_same_bytes_for_the_same_recipient_are_one_return() -> None:
    first = accept_many([mail(1), mail(1), mail(1, to="b+y@bounce.example")], now=NOW)
    again = accept_many([mail(1), mail(2)], now=NOW + LEASE)
    assert [one.duplicate for one in first] == [False, True, False]
    assert [one.duplicate for one in again] == [True, False]
    assert first[0].identity == again[0].identity != first[2].identity
    assert len(list(list_returns())) == 3


def test_a_settled_return_stays_settled_when_it_comes_again() -> None:
    accept_many([mail(1)], now=NOW)
    (taken,) = claim()
    finish_returns([FinishedReturn(id=taken.id, state=ReturnState.SETTLED, kind="dsn")])
    assert accept_many([mail(1)], now=NOW)[0].duplicate
    assert claim(now=NOW + 2 * LEASE) == ()
    assert count_returns()[ReturnState.SETTLED] == 1


def test_hostile_envelopes_are_stored() -> None:
    accept_many([mail(1, to="b+\x00\udcff@bounce.example")], now=NOW)
    assert claim()[0].envelope_to == "b+\N{REPLACEMENT CHARACTER}?@bounce.example"


def test_many_at_once_keep_their_order() -> None:
    accepted = accept_many([mail(number) for number in range(1201)], now=NOW)
    assert len({one.identity for one in accepted}) == 1201
    assert len(claim(limit=2000)) == 1201


def test_the_line_is_first_come_first_served_and_leased() -> None:
    for number in range(5):
        accept_many([mail(number)], now=NOW)
    assert [one.raw[-1:] for one in claim(limit=3)] == [b"0", b"1", b"2"]
    assert [one.raw[-1:] for one in claim(limit=3)] == [b"3", b"4"]
    assert claim() == ()
    assert not returns_waiting(NOW)
    assert returns_waiting(NOW + LEASE)
    assert [one.tries for one in claim(now=NOW + LEASE, limit=20)] == [2] * 5


def test_a_lease_of_a_clock_that_was_put_back_is_over() -> None:
    accept_many([mail()], now=NOW)
    assert len(claim(now=NOW + timedelta(days=2000))) == 1
    assert returns_waiting(NOW)
    assert len(claim()) == 1
    assert not returns_waiting(NOW)


def test_a_batch_is_bounded_in_bytes_but_never_empty() -> None:
    accept_many([mail(raw=bytes([number]) * 1000) for number in range(4)], now=NOW)
    assert [len(claim(most_bytes=limit)) for limit in (10, 2500, 2500)] == [1, 2, 1]


def test_finishing_twice_or_late_changes_nothing() -> None:
    accept_many([mail(1), mail(2)], now=NOW)
    taken = claim()
    done = [FinishedReturn(id=taken[0].id, state=ReturnState.SETTLED, kind="dsn")]
    done += [FinishedReturn(id=taken[1].id, state=ReturnState.UNATTRIBUTED, kind="dsn", problem="no token")]
    assert finish_returns(done) == 2
    assert finish_returns(done) == 0
    assert fail_return(taken[0].id, problem="late", now=NOW, delay=LEASE) is ReturnState.SETTLED
    assert {row.state: row.problem for row in list_returns()} == {
        ReturnState.SETTLED: "",
        ReturnState.UNATTRIBUTED: "no token",
    }


def test_a_failing_return_goes_to_the_end_of_the_line_and_dies_after_its_last_try() -> None:
    accept_many([mail(1), mail(2)], now=NOW)
    now, states = NOW, []
    for number in range(MOST_TRIES):
        taken = claim(now=now, limit=1 if number == 0 else 10)
        failing = next(one for one in taken if one.raw.endswith(b"1"))
        states.append(fail_return(failing.id, problem="boom", now=now, delay=LEASE))
        if number == 0:
            assert [one.raw[-1:] for one in claim(now=now)] == [b"2"]
        now += LEASE
    assert states == [ReturnState.STORED] * (MOST_TRIES - 1) + [ReturnState.DEAD]
    (dead,) = list_returns([ReturnState.DEAD])
    assert (dead.problem, dead.tries) == ("boom", MOST_TRIES)


def test_what_ends_its_process_is_taken_alone_and_then_declared_dead() -> None:
    accept_many([mail(number) for number in range(3)], now=NOW)
    now, sizes = NOW, []
    while taken := claim(now=now):
        sizes.append(len(taken))
        # The process ends with the first one, before anything is finished.
        if not any(one.raw.endswith(b"0") for one in taken):
            finish_returns([FinishedReturn(id=one.id, state=ReturnState.SETTLED) for one in taken])
        now += LEASE
    # Together, those that were lost again together, then alone: nobody else is blamed.
    assert sizes[0] == 3
    assert sizes[-1] == 1
    counts = count_returns()
    assert (counts[ReturnState.DEAD], counts[ReturnState.SETTLED]) == (1, 2)


def test_released_returns_lose_no_try() -> None:
    accept_many([mail(1)], now=NOW)
    for _ in range(2 * MOST_TRIES):
        (taken,) = claim()
        assert taken.tries == 1
        assert release_returns([taken.id], worker="another") == 0
        assert release_returns([taken.id], worker="w") == 1


def test_a_raw_mail_that_is_gone_or_spoilt_is_dead_and_blocks_nobody() -> None:
    from rebond.store.models import RawMail

    accept_many([mail(number) for number in range(3)], now=NOW)
    digests = [row.digest for row in list_returns()]
    RawMail.objects.filter(digest=digests[0]).delete()
    RawMail.objects.filter(digest=digests[1]).update(body=b"spoilt")
    assert [one.raw[-1:] for one in claim()] == [b"2"]
    assert len(list(list_returns([ReturnState.DEAD]))) == 2


def test_the_dead_come_back_with_all_their_tries() -> None:
    accept_many([mail(1), mail(2)], now=NOW)
    taken = claim()
    finish_returns([FinishedReturn(id=one.id, state=ReturnState.DEAD, problem="x") for one in taken])
    assert revive_returns([taken[0].id]) == 1
    assert revive_returns() == 1
    assert revive_returns() == 0
    assert [one.tries for one in claim(now=NOW)] == [1, 1]


@pytest.mark.skipif(is_postgresql(), reason="SQLite's own setting")
def test_only_claims_and_ends_do_not_wait_for_the_disk() -> None:
    seen: list[tuple[str, int]] = []
    using = connections[returns_database()]

    def spy(execute: Any, sql: str, *rest: Any) -> Any:
        if (word := sql.split(maxsplit=1)[0]) in ("INSERT", "UPDATE"):
            seen.append((word, _synchronous(using)))
        return execute(sql, *rest)

    with using.cursor() as cursor:
        before = _synchronous(using)
        cursor.execute("PRAGMA synchronous = FULL")
    try:
        with using.execute_wrapper(spy):
            accept_many([mail(1)], now=NOW)
            finish_returns([FinishedReturn(id=one.id, state=ReturnState.SETTLED) for one in claim()])
        assert set(seen) == {("INSERT", 2), ("UPDATE", 1)}
        assert _synchronous(using) == 2
    finally:
        with using.cursor() as cursor:
            cursor.execute(f"PRAGMA synchronous = {before}")


def _synchronous(using: Any) -> int:
    return int(using.connection.execute("PRAGMA synchronous").fetchone()[0])
