"""Raising, acknowledging and ending alerts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from rebond.core.words import AlertKind
from rebond.store.models import Alert
from rebond.store.write.text import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """What an alert is about, and how often that came between two times."""

    subject: int
    count: int
    first_at: datetime
    last_at: datetime


def add_alerts(kind: AlertKind, alerts: Sequence[NewAlert], *, now: datetime) -> None:
    """Raise alerts; where one is open already, that one stays."""
    rows = [
        Alert(
            kind=kind.value,
            subject=alert.subject,
            raised_at=now,
            count=alert.count,
            first_at=alert.first_at,
            last_at=alert.last_at,
        )
        for alert in alerts
    ]
    Alert.objects.bulk_create(rows, batch_size=80, ignore_conflicts=True)


def tell_alert(kind: AlertKind, name: str, *, words: str, now: datetime) -> None:
    """Raise an alert about what has a name; one that is open is told again."""
    name, words = storable(name, 255), storable(words)
    told = {"count": F("count") + 1, "last_at": now, "words": words}
    if not Alert.objects.filter(kind=kind.value, name=name, ended_at__isnull=True).update(**told):
        new = Alert(kind=kind.value, name=name, words=words, raised_at=now, count=1, first_at=now, last_at=now)
        Alert.objects.bulk_create([new], ignore_conflicts=True)


def end_named_alerts(kind: AlertKind, *, because: str, now: datetime, of: str = "", but: Collection[str] = ()) -> None:
    """End the open alert about what has this name; without one, those about all others than these."""
    rows = Alert.objects.filter(kind=kind.value, ended_at__isnull=True)
    rows = rows.filter(name=storable(of, 255)) if of else rows.exclude(name__in=[storable(name, 255) for name in but])
    rows.update(ended_at=now, ended_because=because)


def acknowledge_alert(number: int, *, actor: str, now: datetime) -> bool:
    """Write down that somebody has seen an open alert; False when somebody had before, or when it is not open."""
    seen = Alert.objects.filter(id=number, ended_at__isnull=True, acknowledged_at__isnull=True)
    return bool(seen.update(acknowledged_at=now, acknowledged_by=storable(actor, 150)))


def end_alerts(
    kind: AlertKind, subjects: Collection[int], *, because: str, now: datetime, operation: int | None = None
) -> None:
    """End the open alerts about these."""
    if subjects:
        rows = Alert.objects.filter(kind=kind.value, subject__in=list(subjects), ended_at__isnull=True)
        rows.update(ended_at=now, ended_because=because, operation=operation)


def reopen_alerts(operation: int) -> None:
    """Open the alerts again that an operation ended, but where there is another one by now."""
    for alert in Alert.objects.filter(operation=operation).order_by("id"):
        if not Alert.objects.filter(kind=alert.kind, subject=alert.subject, ended_at__isnull=True).exists():
            Alert.objects.filter(id=alert.pk).update(ended_at=None, ended_because="", operation=None)
