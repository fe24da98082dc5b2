"""What a return changes in the sending log, with the counters of the delivery."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from rebond.core.failure import Verdict
from rebond.core.words import MessageStatus
from rebond.store.dialect import among_numbers, listed, locking, moment, records
from rebond.store.models import Profile, ProfileDenial
from rebond.store.write.counters import move_counts
from rebond.store.write.text import storable

_TAKEN = (MessageStatus.DELIVERED.value, MessageStatus.RECEIVED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnMark:
    """An error after delivery: which message, when, and the verdict."""

    message: int
    at: datetime
    verdict: Verdict
    text: str


def mark_messages(*, returned: Sequence[ReturnMark] = (), complained: Sequence[tuple[int, datetime]] = ()) -> None:
    """Mark messages as returned and as complained about, each once; the first of each kind stays.

    A bounce can overtake the sender that still has to write down that the message was taken: it is marked all the
    same, and counted by the one who comes second. All rows are locked before any counter is touched.
    """
    numbers = {mark.message for mark in returned} | {number for number, _ in complained}
    if not numbers:
        return
    rows = _locked(numbers)
    first: dict[int, ReturnMark] = {}
    for mark in sorted(returned, key=lambda mark: (mark.message, mark.at)):
        if mark.message in rows and not rows[mark.message].returned:
            first.setdefault(mark.message, mark)
    with connection.cursor() as cursor:
        if first:
            cursor.execute(_RETURNED.format(marks=records(_MARK)), [json.dumps(list(map(_values, first.values())))])
        if complained:
            cursor.executemany(_COMPLAINED, [(moment(at), number) for number, at in sorted(complained)])
    late = Counter(rows[number].delivery for number in first if rows[number].taken)
    for delivery, count in sorted(late.items()):
        move_counts(delivery, {"returned": count})


class _Row(NamedTuple):
    delivery: int
    taken: bool
    returned: bool


def _locked(numbers: Collection[int]) -> dict[int, _Row]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_ROWS} {among_numbers('id')} ORDER BY id {locking()}", [listed(numbers)])
        return {
            number: _Row(delivery, status in _TAKEN, returned_at is not None)
            for number, delivery, status, returned_at in cursor.fetchall()
        }


_ROWS = "SELECT id, delivery_id, status, returned_at FROM message WHERE"
_RETURNED = """
UPDATE message SET returned_at = mark.at, return_type = mark.type, return_reason = mark.reason,
    return_cause = mark.cause, return_rule = mark.rule, return_text = mark.text
FROM {marks} AS mark WHERE message.id = mark.message
"""
_MARK = {
    "message": "bigint",
    "at": "timestamptz",
    "type": "text",
    "reason": "text",
    "cause": "text",
    "rule": "text",
    "text": "text",
}
_COMPLAINED = "UPDATE message SET complained_at = %s WHERE id = %s AND complained_at IS NULL"


def _values(mark: ReturnMark) -> dict[str, Any]:
    verdict = mark.verdict
    return {
        "message": mark.message,
        "at": str(moment(mark.at)),
        "type": verdict.type,
        "reason": verdict.reason,
        "cause": verdict.cause,
        "rule": verdict.rule[:128],
        "text": storable(mark.text),
    }


def deny_profile(profile: int, *, channel: str, at: datetime, origin: str, proof: str) -> bool:
    """Put a profile on the denylist of a channel or of all; False when it was there or does not exist."""
    if not Profile.objects.filter(id=profile).exists():
        return False
    row = ProfileDenial(profile_id=profile, channel=channel, at=at, origin=origin, proof=storable(proof))
    before = ProfileDenial.objects.filter(profile=profile, channel=channel).exists()
    ProfileDenial.objects.bulk_create([row], ignore_conflicts=True)
    return not before
