"""Storing returned mails, and the line in which they wait to be settled."""

import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connections, transaction
from django.db.models import F

from rebond.core.said import said
from rebond.core.words import Trust
from rebond.store.dialect import (
    among,
    among_numbers,
    listed,
    moment,
    passing_over_locked,
    plain_moment,
    read_moment,
    unhurried,
)
from rebond.store.models import ReturnedMail
from rebond.store.read.leases import FARTHEST
from rebond.store.read.returns import ReturnState, StoredReturn, returns_waiting
from rebond.store.router import returns_database

MOST_TRIES = 3
LEASE = timedelta(minutes=5)
MOST_BYTES = 64 * 1024 * 1024
_CHUNK = 500
# The bytes of these are read with their rows, whether or not they fit into what is taken.
_SMALL = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReturn:
    """A return to store; `digest` is the SHA-256 of its bytes, `body` those bytes compressed, `size` their number."""

    identity: str
    digest: str
    body: bytes
    size: int
    source: str
    envelope_from: str | None
    envelope_to: str
    received_at: datetime
    required_trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedReturn:
    """What became of a return that was taken."""

    id: int
    state: ReturnState
    kind: str = ""
    problem: str = ""


def store_returns(returns: Sequence[NewReturn]) -> frozenset[str]:
    """Store returns in one transaction and return the identities that were new, after the commit.

    Raises DatabaseError when they cannot be stored; then none is.
    """
    using = returns_database()
    # One order for everybody: two that store the same mails wait for each other in a row, never in a circle.
    ordered = sorted(returns, key=lambda new: new.identity)
    stored: set[str] = set()
    with transaction.atomic(using=using, durable=True):
        for start in range(0, len(ordered), _CHUNK):
            stored |= _insert_returns(ordered[start : start + _CHUNK], using=using)
        bodies = {new.digest: new for new in ordered if new.identity in stored}
        raws = [bodies[digest] for digest in sorted(bodies)]
        for start in range(0, len(raws), _CHUNK):
            _insert_raws(raws[start : start + _CHUNK], using=using)
    return frozenset(stored)


def _insert_returns(returns: Sequence[NewReturn], *, using: str) -> set[str]:
    adapt = connections[using].ops.adapt_datetimefield_value
    columns = (
        "identity, raw, source, envelope_from, envelope_to, received_at, required_trust, state,"
        " kind, tries, worker, problem"
    )
    row = "(%s, %s, %s, %s, %s, %s, %s, 'stored', '', 0, '', '')"
    values: list[Any] = []
    for new in returns:
        values += (new.identity, new.digest, new.source, new.envelope_from, new.envelope_to)
        values += (adapt(new.received_at), str(new.required_trust))
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO returned_mail ({columns}) VALUES {', '.join([row] * len(returns))}"
            " ON CONFLICT (identity) DO NOTHING RETURNING identity",
            values,
        )
        return {identity for (identity,) in cursor.fetchall()}


def _insert_raws(returns: Sequence[NewReturn], *, using: str) -> None:
    adapt = connections[using].ops.adapt_datetimefield_value
    values: list[Any] = []
    for new in returns:
        values += (new.digest, new.body, new.size, adapt(new.received_at))
    rows = ", ".join(["(%s, %s, %s, %s)"] * len(returns))
    with connections[using].cursor() as cursor:
        # The bytes of an older return are kept as long as those of the newest that has the same.
        cursor.execute(
            f"INSERT INTO raw_mail (digest, body, size, stored_at) VALUES {rows}"
            " ON CONFLICT (digest) DO UPDATE SET stored_at = excluded.stored_at",
            values,
        )


def claim_returns(
    *, worker: str, now: datetime, limit: int, lease: timedelta = LEASE, most_bytes: int = MOST_BYTES
) -> tuple[StoredReturn, ...]:
    """Take up to `limit` returns (together at most `most_bytes`, but at least one) out of the line, for `lease`.

    Oldest first; those that failed or whose worker was lost before come again when their time is over, in at
    most a quarter of the batch, so that they never hold up the others. A return that was taken twice without an end is
    taken alone the third time; when that does not end either, it is dead.
    """
    while returns_waiting(now):
        using = returns_database()
        with unhurried(using), connections[using].cursor() as cursor:
            taken, problems = _take(cursor, now=now, limit=limit, most_bytes=most_bytes)
            for row_id, problem in problems.items():
                ReturnedMail.objects.filter(id=row_id).update(
                    state=ReturnState.DEAD, problem=problem, worker="", lease_until=None
                )
            if taken:
                ids = listed([one.id for one in taken])
                cursor.execute(f"{_LEASE} {among_numbers('id')}", [worker, moment(now + lease), ids])
        # None taken, though some wait: all that were looked at are dead now, or others hold them.
        if taken or not problems:
            return taken
    return ()


class _Waiting(NamedTuple):
    id: int
    identity: str
    raw: str
    source: str
    envelope_from: str | None
    envelope_to: str
    received_at: datetime
    required_trust: str
    tries: int
    problem: str
    size: int | None
    body: bytes | None  # of a small one


# The state as a word, not a parameter: SQLite takes a partial index only when the statement shows its condition.
_WAITING = """
SELECT waiting.id, identity, raw, source, envelope_from, envelope_to, {received}, required_trust, tries, problem, size,
    CASE WHEN size <= {small} THEN body END
FROM returned_mail waiting LEFT JOIN raw_mail ON digest = raw
WHERE state = 'stored' AND {which} LIMIT %s {lock}
"""
_AGAIN = "lease_until IS NOT NULL AND (lease_until <= %s OR lease_until > %s) ORDER BY lease_until, waiting.id"
_FRESH = "lease_until IS NULL ORDER BY waiting.id"
_LEASE = "UPDATE returned_mail SET worker = %s, lease_until = %s, tries = tries + 1 WHERE"
_FINISH = """
UPDATE returned_mail SET state = %s, kind = %s, problem = %s, worker = '', lease_until = NULL
WHERE state = 'stored' AND
"""


def _take(
    cursor: Any, *, now: datetime, limit: int, most_bytes: int
) -> tuple[tuple[StoredReturn, ...], dict[int, str]]:
    problems: dict[int, str] = {}
    taken: list[StoredReturn] = []
    chosen, over = _within(_candidates(cursor, now=now, limit=limit), most_bytes=most_bytes)
    for row in over:
        problems[row.id] = row.problem or f"settling it did not come to an end, {MOST_TRIES} times"
    bodies = {row.raw: row.body for row in chosen if row.body is not None}
    if large := {row.raw for row in chosen if row.body is None}:
        cursor.execute(f"SELECT digest, body FROM raw_mail WHERE {among('digest')}", [listed(large)])
        bodies.update(cursor.fetchall())
    for row in chosen:
        try:
            taken.append(_stored(row, zlib.decompress(bodies[row.raw])))
        except KeyError:
            problems[row.id] = said("its raw mail is not kept any more")
        except zlib.error as error:
            problems[row.id] = said("its raw mail cannot be read any more: {error}", error=error)
    return tuple(taken), problems


def _within(rows: Sequence[_Waiting], *, most_bytes: int) -> tuple[list[_Waiting], list[_Waiting]]:
    """Choose those that fit together, at least one; and those that were tried too often."""
    over = [row for row in rows if row.tries >= MOST_TRIES]
    chosen: list[_Waiting] = []
    room = most_bytes
    for row in rows:
        if row.tries >= MOST_TRIES:
            continue
        size = row.size or 0
        if chosen and size > room:
            break
        room -= size
        chosen.append(row)
    return chosen, over


def _candidates(cursor: Any, *, now: datetime, limit: int) -> list[_Waiting]:
    again = _waiting(cursor, _AGAIN, [moment(now), moment(now + FARTHEST), max(1, limit // 4)])
    last_try = [row for row in again if row.tries == MOST_TRIES - 1]
    if last_try:
        # Alone: should it end this process as it may have ended others, nobody else is blamed.
        return [row for row in again if row.tries >= MOST_TRIES] + last_try[:1]
    return again + _waiting(cursor, _FRESH, [limit - len(again)])


def _waiting(cursor: Any, which: str, parameters: Sequence[Any]) -> list[_Waiting]:
    received, lock = plain_moment("received_at"), passing_over_locked("waiting")
    cursor.execute(_WAITING.format(received=received, small=_SMALL, which=which, lock=lock), parameters)
    return [_Waiting(*row) for row in cursor.fetchall()]


def _stored(row: _Waiting, raw: bytes) -> StoredReturn:
    return StoredReturn(
        id=row.id,
        identity=row.identity,
        raw=raw,
        digest=row.raw,
        source=row.source,
        envelope_from=row.envelope_from,
        envelope_to=row.envelope_to,
        received_at=read_moment(row.received_at),
        required_trust=Trust(row.required_trust),
        tries=row.tries + 1,
    )


def finish_returns(finished: Iterable[FinishedReturn]) -> int:
    """Take returns out of the line for good; returns how many were still in it. Done again, it changes nothing."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for one in finished:
        groups.setdefault((one.state.value, one.kind, one.problem), []).append(one.id)
    using, changed = returns_database(), 0
    with unhurried(using), connections[using].cursor() as cursor:
        for outcome in sorted(groups):
            cursor.execute(f"{_FINISH} {among_numbers('id')}", [*outcome, listed(groups[outcome])])
            changed += cursor.rowcount
    return changed


def fail_return(return_id: int, *, problem: str, now: datetime, delay: timedelta) -> ReturnState:
    """Put a taken return back at the end of the line, not before `delay` is over; dead after its last try."""
    with transaction.atomic(using=returns_database()):
        rows = ReturnedMail.objects.select_for_update().filter(id=return_id, state=ReturnState.STORED)
        row = rows.first()
        if row is None:
            return ReturnState(ReturnedMail.objects.values_list("state", flat=True).get(id=return_id))
        dead = row.tries >= MOST_TRIES
        state = ReturnState.DEAD if dead else ReturnState.STORED
        rows.update(state=state, problem=problem, worker="", lease_until=None if dead else now + delay)
    return state


def release_returns(ids: Collection[int], *, worker: str) -> int:
    """Put taken returns back as they were, as if never taken: their settling was interrupted by no fault of theirs.

    What another worker has taken since stays with it.
    """
    rows = ReturnedMail.objects.filter(id__in=ids, worker=worker, state=ReturnState.STORED, tries__gt=0)
    return rows.update(worker="", lease_until=None, tries=F("tries") - 1)


def revive_returns(ids: Collection[int] | None = None) -> int:
    """Put dead returns (these, or all) back in the line with all their tries; returns how many there were."""
    rows = ReturnedMail.objects.filter(state=ReturnState.DEAD)
    if ids is not None:
        rows = rows.filter(id__in=ids)
    return rows.update(state=ReturnState.STORED, tries=0, worker="", lease_until=None, problem="")
