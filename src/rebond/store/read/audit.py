"""The audit trail: its entries in pages, and what people gave as their reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Left

from rebond.store.models import AuditEntry

_INDEXED = 100

_AT_ONCE = 500


def reasons_given(action: str, times: Mapping[str, datetime]) -> dict[str, str]:
    """Find why people took an action on some subjects, at these times; the trail is kept for a time only."""
    found: dict[str, str] = {}
    asked = sorted(set(times.values()))
    for start in range(0, len(asked), _AT_ONCE):
        entries = AuditEntry.objects.filter(at__in=asked[start : start + _AT_ONCE], action=action)
        rows = entries.values_list("object", "at", "because")
        found |= {subject: because for subject, at, because in rows if times.get(subject) == at}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries; what is empty asks for nothing. `action`: the whole, or its beginning up to a full stop."""

    action: str = ""
    actor: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Who changed what, when, from what to what, and why."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: Any
    after: Any
    because: str


def page_of_audit(wanted: AuditFilter, *, before: int | None, limit: int) -> list[AuditRow]:
    """Read entries, the newest first, older than the one of number `before`."""
    rows = AuditEntry.objects.filter(_conditions(wanted)).order_by("-id")
    if wanted.subject:
        # By way of its index.
        short = Left("object", _INDEXED)
        rows = rows.annotate(short=short).filter(short=Value(wanted.subject[:_INDEXED]), object=wanted.subject)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_row(entry) for entry in rows[:limit]]


def _conditions(wanted: AuditFilter) -> Q:
    found = Q()
    if wanted.action:
        found &= Q(action=wanted.action) | Q(action__startswith=f"{wanted.action}.")
    if wanted.actor:
        found &= Q(actor=wanted.actor)
    if wanted.since is not None:
        found &= Q(at__gte=wanted.since)
    if wanted.until is not None:
        found &= Q(at__lt=wanted.until)
    return found


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        number=entry.pk,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.object,
        before=entry.before,
        after=entry.after,
        because=entry.because,
    )
