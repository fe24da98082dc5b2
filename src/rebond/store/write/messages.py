"""What a return changes in the sending log, with the counters of the delivery."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.core.failure import Verdict
from rebond.core.words import MessageStatus
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
    rows = {row.pk: row for row in Message.objects.filter(id__in=numbers).order_by("id").select_for_update()}
    late: Counter[int] = Counter()
    for mark in sorted(returned, key=lambda mark: (mark.message, mark.at)):
        row = rows.get(mark.message)
        if row is None or row.returned_at is not None:
            continue
        _mark(row, mark)
        if row.status in _TAKEN:
            late[row.delivery_id] += 1
    for number, at in sorted(complained):
        row = rows.get(number)
        if row is not None and row.complained_at is None:
            row.complained_at = at
            row.save(update_fields=["complained_at"])
    for delivery, count in sorted(late.items()):
        move_counts(delivery, {"returned": count})


def _mark(row: Message, mark: ReturnMark) -> None:
    row.returned_at = mark.at
    row.return_type = mark.verdict.type.value
    row.return_reason = mark.verdict.reason.value
    row.return_cause = mark.verdict.cause.value
    row.return_rule = mark.verdict.rule[:128]
    row.return_text = storable(mark.text)
    row.save(update_fields=_RETURN_FIELDS)


_RETURN_FIELDS = ["returned_at", "return_type", "return_reason", "return_cause", "return_rule", "return_text"]


def deny_profile(profile: int, *, channel: str, at: datetime, origin: str, proof: str) -> bool:
    """Put a profile on the denylist of a channel or of all; False when it was there or does not exist."""
    if not Profile.objects.filter(id=profile).exists():
        return False
    row = ProfileDenial(profile_id=profile, channel=channel, at=at, origin=origin, proof=storable(proof))
    before = ProfileDenial.objects.filter(profile=profile, channel=channel).exists()
    ProfileDenial.objects.bulk_create([row], ignore_conflicts=True)
    return not before
