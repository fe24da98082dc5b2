"""Removing what retention no longer keeps, in bounded batches."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from rebond.core.words import DeliveryStatus
from rebond.store.models import AuditEntry, Delivery, EvidenceRow, Exclusion, JobRun, Message, RawMail, ToldSuccess
from rebond.store.read.evidence import MOST_KEYS, AddressKey

_CLOSED = (DeliveryStatus.FINISHED.value, DeliveryStatus.CANCELLED.value, DeliveryStatus.FAILED.value)


def purge_evidence(addresses: Sequence[AddressKey], horizon: datetime) -> int:
    """Remove the evidence of these addresses up to the horizon; their snapshots hold it."""
    removed = 0
    for address in addresses:
        rows = EvidenceRow.objects.filter(
            channel=address.channel, address_key=address.key, scope=address.scope, at__lte=horizon
        )
        removed += rows.delete()[0]
    return removed


def purge_successes(horizon: datetime) -> int:
    """Remove told successes up to the horizon: those of addresses with evidence are in their snapshots."""
    return _in_batches(ToldSuccess.objects.filter(at__lte=horizon))


def purge_messages(horizon: datetime) -> int:
    """Remove the logs of deliveries that ended before the horizon; their counters stay."""
    old = list(Delivery.objects.filter(status__in=_CLOSED, finished_at__lte=horizon).values_list("id", flat=True))
    removed = 0
    for start in range(0, len(old), MOST_KEYS):
        part = old[start : start + MOST_KEYS]
        removed += _in_batches(Message.objects.filter(delivery__in=part))
        removed += _in_batches(Exclusion.objects.filter(delivery__in=part))
    return removed


def purge_raw_mails(horizon: datetime) -> int:
    """Remove raw mails stored before the horizon."""
    return _in_batches(RawMail.objects.filter(stored_at__lte=horizon), key="digest")


def purge_deliveries(horizon: datetime) -> int:
    """Remove deliveries that ended before the horizon, with all that belongs to them."""
    return Delivery.objects.filter(status__in=_CLOSED, finished_at__lte=horizon).delete()[1].get("store.Delivery", 0)


def purge_audit(horizon: datetime) -> int:
    """Remove audit entries and job runs from before the horizon."""
    return _in_batches(AuditEntry.objects.filter(at__lte=horizon)) + _in_batches(JobRun.objects.filter(at__lte=horizon))


def _in_batches(rows: QuerySet[Any], *, key: str = "id") -> int:
    removed = 0
    while found := _some(rows, key=key):
        removed += rows.filter(**{f"{key}__in": found}).delete()[0]
    return removed


def _some(rows: QuerySet[Any], *, key: str) -> Collection[Any]:
    return list(rows.values_list(key, flat=True)[:MOST_KEYS])
