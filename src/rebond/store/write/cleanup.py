"""Removing what retention no longer keeps, in bounded batches."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from rebond.core.words import DeliveryStatus
from rebond.store.models import (
    Alert,
    AuditEntry,
    Delivery,
    EvidenceRow,
    Exclusion,
    JobRun,
    Message,
    RawMail,
    Requalified,
    ReturnedMail,
    TargetMember,
    ToldSuccess,
    Unattributed,
)
from rebond.store.read.evidence import MOST_KEYS
from rebond.store.read.returns import ReturnState

_CLOSED = (DeliveryStatus.FINISHED.value, DeliveryStatus.CANCELLED.value, DeliveryStatus.FAILED.value)


def purge_evidence(identities: Sequence[str]) -> int:
    """Remove evidence and told successes by identity; their addresses' snapshots hold them."""
    removed = 0
    for start in range(0, len(identities), MOST_KEYS):
        part = identities[start : start + MOST_KEYS]
        removed += EvidenceRow.objects.filter(identity__in=part).delete()[0]
        removed += ToldSuccess.objects.filter(identity__in=part).delete()[0]
    return removed


def purge_messages(horizon: datetime) -> int:
    """Remove the logs of deliveries that ended before the horizon; their counters stay."""
    return sum(_purge_logs(part) for part in _ended(horizon))


def _purge_logs(deliveries: Sequence[int]) -> int:
    return sum(_in_batches(model.objects.filter(delivery__in=deliveries)) for model in (Message, Exclusion))


def purge_raw_mails(horizon: datetime) -> int:
    """Remove raw mails stored before the horizon, but those that still wait to be settled."""
    waiting = ReturnedMail.objects.filter(state=ReturnState.STORED.value).values("raw")
    return _in_batches(RawMail.objects.filter(stored_at__lte=horizon).exclude(digest__in=waiting), key="digest")


def purge_returns(horizon: datetime) -> int:
    """Remove what is known of returned mails from before the horizon, but of those that still wait to be settled.

    What acted on nothing goes by when it was stored: of history brought in lately a person can still accept it.
    """
    returns = ReturnedMail.objects.filter(received_at__lte=horizon).exclude(state=ReturnState.STORED.value)
    return _in_batches(returns) + _in_batches(Unattributed.objects.filter(stored_at__lte=horizon))


def purge_deliveries(horizon: datetime) -> int:
    """Remove deliveries that ended before the horizon, with all that belongs to them."""
    removed = 0
    for part in _ended(horizon):
        _purge_logs(part)
        _in_batches(TargetMember.objects.filter(delivery__in=part))
        removed += Delivery.objects.filter(id__in=part).delete()[1].get("store.Delivery", 0)
    return removed


def _ended(horizon: datetime) -> Iterator[list[int]]:
    # A cancelled one need not have ended by itself.
    rows = Delivery.objects.annotate(end=Coalesce("finished_at", "ends_at", "created_at"))
    rows = rows.filter(status__in=_CLOSED, end__lte=horizon).order_by("id")
    last = 0
    while part := list(rows.filter(id__gt=last).values_list("id", flat=True)[:MOST_KEYS]):
        last = part[-1]
        yield part


def purge_requalified() -> int:
    """Remove the earlier verdicts of evidence that is gone: there is nothing left to give them back to."""
    removed, last = 0, 0
    while part := list(Requalified.objects.filter(id__gt=last).order_by("id").values_list("id", flat=True)[:MOST_KEYS]):
        left = EvidenceRow.objects.filter(id=OuterRef("evidence"))
        rows = Requalified.objects.filter(id__gt=last, id__lte=part[-1])
        removed += rows.filter(~Exists(left)).delete()[0]
        last = part[-1]
    return removed


def purge_alerts(horizon: datetime) -> int:
    """Remove the alerts that ended before the horizon; what is open stays."""
    return _in_batches(Alert.objects.filter(ended_at__lte=horizon))


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
