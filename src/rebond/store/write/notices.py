"""Messages about alerts, planned and told."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from rebond.store.models import Alert, AlertNotice
from rebond.store.write.text import storable


def plan_notices(places: Collection[str], *, since: datetime, now: datetime) -> int:
    """Plan a message to each place for what was raised or has ended since a time; returns how many are new.

    That an alert has ended is told where it was told that it began.
    """
    rows = []
    for alert in Alert.objects.filter(Q(raised_at__gte=since) | Q(ended_at__gte=since)).order_by("id"):
        if alert.raised_at >= since:
            rows += [_row(alert.pk, place, ended=False, now=now) for place in places]
        if alert.ended_at is not None:
            told = AlertNotice.objects.filter(alert=alert.pk, ended=False, told_at__isnull=False)
            wanted = told.filter(place__in=list(places)).values_list("place", flat=True)
            rows += [_row(alert.pk, place, ended=True, now=now) for place in wanted]
    before = AlertNotice.objects.count()
    AlertNotice.objects.bulk_create(rows, batch_size=100, ignore_conflicts=True)
    # What ended before anybody was told of it is not told any more.
    over = Alert.objects.filter(ended_at__isnull=False).values("id")
    AlertNotice.objects.filter(ended=False, told_at__isnull=True, alert__in=over).update(next_at=None)
    return AlertNotice.objects.count() - before


def _row(alert: int, place: str, *, ended: bool, now: datetime) -> AlertNotice:
    return AlertNotice(alert=alert, place=place[:255], ended=ended, made_at=now, next_at=now)


def mark_told(number: int, *, now: datetime) -> None:
    """Write down that a message was sent."""
    AlertNotice.objects.filter(id=number).update(told_at=now, next_at=None, problem="")


def mark_not_told(number: int, *, tries: int, next_at: datetime | None, problem: str) -> None:
    """Write down that a message could not be sent, and when to try again; None: no more."""
    AlertNotice.objects.filter(id=number).update(tries=tries, next_at=next_at, problem=storable(problem))


def purge_notices(before: datetime) -> None:
    """Remove the messages made before a time."""
    AlertNotice.objects.filter(made_at__lt=before).delete()
