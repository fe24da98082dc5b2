"""What a return changes in the sending log, with the counters of the delivery."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from rebond.core.failure import Verdict
from rebond.core.words import MessageStatus
from rebond.store.models import DeliveryCounts, Message, Profile, ProfileDenial

_TAKEN = (MessageStatus.DELIVERED.value, MessageStatus.RECEIVED.value)
_MOST_TEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnMark:
    """An error after delivery: which message, when, and the verdict."""

    message: int
    at: datetime
    verdict: Verdict
    text: str


def mark_returned(marks: Sequence[ReturnMark]) -> None:
    """Mark messages as returned, each once; the first return of a message stays.

    A bounce can overtake the sender that still has to write down that the message was taken: it is marked all the
    same, and counted by the one who comes second.
    """
    returned: Counter[int] = Counter()
    locked = Message.objects.filter(id__in={mark.message for mark in marks}).order_by("id").select_for_update()
    open_rows = {row.pk: row for row in locked if row.returned_at is None}
    for mark in sorted(marks, key=lambda mark: (mark.message, mark.at)):
        row = open_rows.pop(mark.message, None)
        if row is None:
            continue
        row.returned_at = mark.at
        row.return_type = mark.verdict.type.value
        row.return_reason = mark.verdict.reason.value
        row.return_cause = mark.verdict.cause.value
        row.return_rule = mark.verdict.rule[:128]
        row.return_text = mark.text[:_MOST_TEXT]
        row.save(update_fields=_RETURN_FIELDS)
        if row.status in _TAKEN:
            returned[row.delivery_id] += 1
    for delivery, number in sorted(returned.items()):
        DeliveryCounts.objects.filter(delivery=delivery).update(returned=F("returned") + number)


_RETURN_FIELDS = ["returned_at", "return_type", "return_reason", "return_cause", "return_rule", "return_text"]


def mark_complained(messages: Sequence[tuple[int, datetime]]) -> None:
    """Mark messages that their recipients complained about; the first complaint stays."""
    for number, at in sorted(messages):
        Message.objects.filter(id=number, complained_at__isnull=True).update(complained_at=at)


def deny_profile(profile: int, *, channel: str, at: datetime, origin: str, proof: str) -> bool:
    """Put a profile on the denylist of a channel or of all; False when it was there or does not exist."""
    if not Profile.objects.filter(id=profile).exists():
        return False
    row = ProfileDenial(profile_id=profile, channel=channel, at=at, origin=origin, proof=proof)
    before = ProfileDenial.objects.filter(profile=profile, channel=channel).exists()
    ProfileDenial.objects.bulk_create([row], ignore_conflicts=True)
    return not before
