"""What a return changes in the sending log, with the counters of the delivery."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.failure import Verdict
from rebond.core.words import MessageStatus
from rebond.store.dialect import moment
from rebond.store.models import Message, Profile, ProfileDenial
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
    rows = _locked(sorted(numbers))
    first: dict[int, ReturnMark] = {}
    for mark in sorted(returned, key=lambda mark: (mark.message, mark.at)):
        if mark.message in rows and not rows[mark.message].returned:
            first.setdefault(mark.message, mark)
    with connection.cursor() as cursor:
        if first:
            statement = _RETURNED.format(rows=", ".join([_PLACES] * len(first)))
            cursor.execute(statement, [value for mark in first.values() for value in _values(mark)])
        if complained:
            cursor.executemany(_COMPLAINED, [(moment(at), number) for number, at in sorted(complained)])
    late = Counter(rows[number].delivery for number in first if rows[number].taken)
    for delivery, count in sorted(late.items()):
        move_counts(delivery, {"returned": count})


@dataclass(frozen=True, slots=True)
class _Row:
    delivery: int
    taken: bool
    returned: bool


def _locked(numbers: Sequence[int]) -> dict[int, _Row]:
    rows = Message.objects.filter(id__in=numbers).order_by("id").select_for_update()
    return {
        number: _Row(delivery, status in _TAKEN, returned_at is not None)
        for number, delivery, status, returned_at in rows.values_list("id", "delivery_id", "status", "returned_at")
    }


_RETURNED = """
UPDATE message SET returned_at = v.column2, return_type = v.column3, return_reason = v.column4,
    return_cause = v.column5, return_rule = v.column6, return_text = v.column7
FROM (VALUES {rows}) v WHERE message.id = v.column1
"""
_PLACES = "(%s, %s, %s, %s, %s, %s, %s)"
_COMPLAINED = "UPDATE message SET complained_at = %s WHERE id = %s AND complained_at IS NULL"


def _values(mark: ReturnMark) -> tuple[Any, ...]:
    verdict = mark.verdict
    judged = (verdict.type.value, verdict.reason.value, verdict.cause.value, verdict.rule[:128])
    return (mark.message, moment(mark.at), *judged, storable(mark.text))


def deny_profile(profile: int, *, channel: str, at: datetime, origin: str, proof: str) -> bool:
    """Put a profile on the denylist of a channel or of all; False when it was there or does not exist."""
    if not Profile.objects.filter(id=profile).exists():
        return False
    row = ProfileDenial(profile_id=profile, channel=channel, at=at, origin=origin, proof=storable(proof))
    before = ProfileDenial.objects.filter(profile=profile, channel=channel).exists()
    ProfileDenial.objects.bulk_create([row], ignore_conflicts=True)
    return not before
