"""Which messages about alerts are to be sent."""

from dataclasses import dataclass
from datetime import datetime

from rebond.store.models import AlertNotice
from rebond.store.read.alerts import AlertRow, alerts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DueNotice:
    """A message to one place: that an alert was raised, or with `ended` that it has ended."""

    number: int
    place: str
    ended: bool
    tries: int
    alert: AlertRow


def due_notices(now: datetime, *, limit: int) -> list[DueNotice]:
    """Read what is to be sent now, the oldest first."""
    rows = AlertNotice.objects.filter(told_at__isnull=True, next_at__lte=now).order_by("next_at", "id")[:limit]
    page = list(rows)
    alerts = {alert.number: alert for alert in alerts_of([row.alert for row in page])}
    return [
        DueNotice(number=row.pk, place=row.place, ended=row.ended, tries=row.tries, alert=alerts[row.alert])
        for row in page
        if row.alert in alerts
    ]
