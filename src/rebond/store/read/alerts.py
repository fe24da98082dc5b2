"""Alerts: what the team is to be told, as it stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q

from rebond.core.words import AlertKind
from rebond.store.dialect import moment, read_moment
from rebond.store.models import Alert
from rebond.store.read.audit import reasons_given
from rebond.store.read.qualifications import QualificationRow, find_qualifications

_MOST_TIMES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert: `count` came between `first_at` and `last_at` when it was raised, or told again.

    What it is about is `subject`, the number of a text, or `name`, that of a source of packs or of a job. `text` is
    that text as it is now; None when that is gone. `words` says what is the matter with the others. `ended_because` is
    empty while it is open.
    """

    number: int
    kind: AlertKind
    subject: int
    name: str
    words: str
    raised_at: datetime
    count: int
    first_at: datetime
    last_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    acknowledged_because: str
    ended_at: datetime | None
    ended_because: str
    text: QualificationRow | None


def list_alerts(*, ended: bool = False) -> list[AlertRow]:
    """Read the open alerts, or with `ended` all that are kept; the latest first."""
    rows = Alert.objects.order_by("-id")
    return _with_texts(list(rows if ended else rows.filter(ended_at__isnull=True)))


def page_of_alerts(*, ended: bool = False, before: int | None = None, limit: int = 50) -> list[AlertRow]:
    """Read some open alerts (with `ended`: some that have ended), the latest first, those before one."""
    rows = Alert.objects.filter(ended_at__isnull=not ended).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return _with_texts(list(rows[:limit]))


def find_alert(number: int) -> AlertRow | None:
    """Read one alert."""
    return next(iter(_with_texts(list(Alert.objects.filter(id=number)))), None)


def alerts_of(numbers: Collection[int]) -> list[AlertRow]:
    """Read those of these numbers that are kept."""
    return _with_texts(list(Alert.objects.filter(id__in=list(numbers)).order_by("id")))


def open_alerts(kind: AlertKind, subjects: Collection[int]) -> frozenset[int]:
    """Tell which of these have an open alert."""
    if not subjects:
        return frozenset()
    found = Alert.objects.filter(kind=kind.value, subject__in=list(subjects), ended_at__isnull=True)
    return frozenset(found.values_list("subject", flat=True))


def count_open() -> tuple[int, int]:
    """Count the open alerts, and those of them that somebody has acknowledged."""
    counts = Alert.objects.filter(ended_at__isnull=True).aggregate(open=Count("id"), seen=Count("acknowledged_at"))
    return counts["open"], counts["seen"]


def times_of(text: int, *, about: tuple[datetime, datetime], within: timedelta, last: int) -> list[datetime]:
    """Read when the last so many failures with a text came, of those that are near a span of time; oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT at FROM (SELECT id, at FROM evidence WHERE qualification = %s ORDER BY id DESC LIMIT %s) AS latest"
            " WHERE at >= %s AND at <= %s ORDER BY at",
            [text, min(last, _MOST_TIMES), moment(about[0] - within), moment(about[1] + within)],
        )
        return [read_moment(at) for (at,) in cursor.fetchall()]


def _with_texts(rows: Collection[Alert]) -> list[AlertRow]:
    about = [row.subject for row in rows if row.kind == AlertKind.UNQUALIFIED_TEXT]
    texts = {text.number: text for text in find_qualifications(about)}
    times = {f"alert {row.pk}": row.acknowledged_at for row in rows if row.acknowledged_at}
    because = reasons_given("alert.acknowledge", times)
    return [
        AlertRow(
            number=row.pk,
            kind=AlertKind(row.kind),
            subject=row.subject,
            name=row.name,
            words=row.words,
            raised_at=row.raised_at,
            count=row.count,
            first_at=row.first_at,
            last_at=row.last_at,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=row.acknowledged_by,
            acknowledged_because=because.get(f"alert {row.pk}", ""),
            ended_at=row.ended_at,
            ended_because=row.ended_because,
            text=texts.get(row.subject) if row.kind == AlertKind.UNQUALIFIED_TEXT else None,
        )
        for row in rows
    ]


def raised_since(since: datetime) -> dict[tuple[AlertKind, str], bool]:
    """Tell of the named alerts that are open (True), or ended though raised since a time (False)."""
    rows = Alert.objects.exclude(name="").filter(Q(ended_at__isnull=True) | Q(raised_at__gte=since)).order_by("id")
    found: dict[tuple[AlertKind, str], bool] = {}
    for kind, name, ended in rows.values_list("kind", "name", "ended_at"):
        found[AlertKind(kind), name] = found.get((AlertKind(kind), name), False) or ended is None
    return found
