"""What reports are made of: sums that the job `aggregates` keeps, never the logs themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import TruncHour

from rebond.core.words import AddressStatus, Channel, QualificationStatus
from rebond.store.models import (
    Delivery,
    DeliveryCounts,
    DomainFact,
    ExclusionCount,
    JobRun,
    Qualification,
    QuarantineSize,
    RuleOperation,
    SendingFact,
    StatusChange,
)

MOST_DELIVERIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a report is about: from `since` up to, not with, `until`; None or empty: all."""

    since: datetime
    until: datetime
    channel: Channel | None = None
    delivery: int | None = None
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Summed:
    """One group: what it is grouped by, in the order asked for, and its sums."""

    by: tuple[Any, ...]
    number: int
    attempts: int = 0
    seconds: int = 0


def sums(scope: Scope, *, by: Sequence[str]) -> list[Summed]:
    """Sum the messages of a scope by columns of `sending_fact`, the largest group first."""
    rows = SendingFact.objects.filter(hour__gte=scope.since, hour__lt=scope.until)
    if scope.channel:
        rows = rows.filter(channel=scope.channel.value)
    if scope.delivery is not None:
        rows = rows.filter(delivery=scope.delivery)
    if scope.provider:
        rows = rows.filter(provider=scope.provider)
    grouped = rows.values_list(*by).annotate(n=Sum("number"), a=Sum("attempts"), s=Sum("seconds"))
    return [Summed(row[: len(by)], *row[len(by) :]) for row in grouped.order_by("-n", *by)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFigures:
    """One delivery's counters, and its exclusions by reason and cause."""

    delivery: int
    name: str
    channel: Channel
    started_at: datetime | None
    target: int
    excluded: int
    messages: int
    pending: int
    delivered: int
    failed: int
    cancelled: int
    production_errors: int
    returned: int
    exclusions: dict[tuple[str, str], int]


def delivery_figures(scope: Scope) -> list[DeliveryFigures]:
    """Read the counters of the deliveries that began in the period, the latest first, at most so many."""
    rows = DeliveryCounts.objects.select_related("delivery").filter(delivery__in=_began(scope))
    page = list(rows.defer("delivery__html", "delivery__text").order_by("-delivery_id")[:MOST_DELIVERIES])
    excluded: dict[int, dict[tuple[str, str], int]] = {}
    counts = ExclusionCount.objects.filter(delivery_id__in=[row.pk for row in page], number__gt=0)
    for delivery, reason, cause, number in counts.values_list("delivery_id", "reason", "cause", "number"):
        excluded.setdefault(delivery, {})[reason, cause] = number
    counters = ("target", "excluded", "messages", "pending", "delivered", "failed", "cancelled", "returned")
    return [
        DeliveryFigures(
            delivery=row.pk,
            name=row.delivery.name,
            channel=Channel(row.delivery.channel),
            started_at=row.delivery.started_at,
            production_errors=row.production_errors,
            exclusions=excluded.get(row.pk, {}),
            **{name: getattr(row, name) for name in counters},
        )
        for row in page
    ]


def _began(scope: Scope) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(created_at__lt=scope.until, started_at__gte=scope.since, started_at__lt=scope.until)
    if scope.channel:
        rows = rows.filter(channel=scope.channel.value)
    return rows if scope.delivery is None else Delivery.objects.filter(id=scope.delivery)


def domain_sums(scope: Scope, *, limit: int) -> list[tuple[str, int, int, int, int]]:
    """Sum the messages of the deliveries that began in the period by domain: delivered, failed, returned, complained.

    The largest first; the domain `''` is all that were not among a delivery's largest.
    """
    rows = DomainFact.objects.filter(delivery__in=_began(scope).values("id"))
    if scope.provider:
        rows = rows.filter(provider=scope.provider)
    columns = ("delivered", "failed", "returned", "complained")
    grouped = rows.values_list("domain").annotate(**{f"all_{name}": Sum(name) for name in columns})
    ordered = grouped.annotate(everything=Sum("delivered") + Sum("failed")).order_by("-everything", "domain")
    return [(row[0], row[1], row[2], row[3], row[4]) for row in ordered[:limit]]


def status_changes(scope: Scope) -> list[tuple[datetime, str, str, str, int]]:
    """Sum the changes of status by hour: the hour, the status before and after, the reason, how many."""
    rows = StatusChange.objects.filter(at__gte=scope.since, at__lt=scope.until)
    if scope.channel:
        rows = rows.filter(channel=scope.channel.value)
    if scope.delivery is not None:
        rows = rows.filter(delivery=scope.delivery)
    grouped = rows.annotate(hour=TruncHour("at")).values_list("hour", "before", "after", "reason")
    return [(*row[:4], row[4]) for row in grouped.annotate(n=Count("id")).order_by("hour")]


def quarantined_most(scope: Scope, *, limit: int = 5) -> list[tuple[int, str, int]]:
    """Find the deliveries whose failures put most addresses into quarantine: number, name, how many."""
    rows = StatusChange.objects.filter(at__gte=scope.since, at__lt=scope.until, delivery__isnull=False)
    rows = rows.filter(after=AddressStatus.QUARANTINED.value)
    if scope.channel:
        rows = rows.filter(channel=scope.channel.value)
    found = list(rows.values_list("delivery").annotate(n=Count("id")).order_by("-n", "delivery")[:limit])
    names = dict(Delivery.objects.filter(id__in=[number for number, _ in found]).values_list("id", "name"))
    return [(number, names.get(number, ""), count) for number, count in found]


@dataclass(frozen=True, slots=True)
class Size:
    """How many addresses had a status and reason at the end of a day; see `store.models.reports.QuarantineSize`."""

    day: date
    channel: Channel
    status: str
    reason: str
    number: int
    recent: int
    this_year: int
    leaving: int
    at: datetime


def sizes(*, since: date, until: date, channel: Channel | None) -> list[Size]:
    """Read the sizes of the quarantine day by day."""
    rows = QuarantineSize.objects.filter(day__gte=since, day__lte=until)
    if channel:
        rows = rows.filter(channel=channel.value)
    names = ("day", "channel", "status", "reason", "number", "recent", "this_year", "leaving", "at")
    ordered = rows.order_by("day", "channel", "status", "reason").values_list(*names)
    return [Size(day, Channel(of), *rest) for day, of, *rest in ordered]


def first_delivery_at() -> datetime | None:
    """Tell when the first delivery that is still known began."""
    first: datetime | None = Delivery.objects.aggregate(first=Min("started_at"))["first"]
    return first


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFigures:
    """The distinct texts of failures with a status: how many, how often they came, the oldest of them."""

    status: QualificationStatus
    texts: int
    occurrences: int
    oldest: datetime | None


def text_figures(channel: Channel | None) -> list[TextFigures]:
    """Sum the texts by status."""
    rows = Qualification.objects.all()
    if channel:
        rows = rows.filter(channel=channel.value)
    grouped = rows.values_list("status").annotate(n=Count("id"), o=Sum("count"), oldest=Min("first_seen_at"))
    return [
        TextFigures(status=QualificationStatus(status), texts=texts, occurrences=occurrences or 0, oldest=oldest)
        for status, texts, occurrences, oldest in grouped.order_by("status")
    ]


def rule_use(channel: Channel | None) -> list[tuple[str, int, int]]:
    """Sum the texts by the rule that judged them: the rule, how many texts, how often they came."""
    rows = Qualification.objects.all()
    if channel:
        rows = rows.filter(channel=channel.value)
    grouped = rows.values_list("rule").annotate(n=Count("id"), o=Sum("count"))
    return [(rule, texts, occurrences or 0) for rule, texts, occurrences in grouped.order_by("-o", "rule")]


def decisions(*, since: datetime, until: datetime) -> list[tuple[datetime, str, bool]]:
    """Read the changes of rules of a period: when, of which kind, whether undone."""
    rows = RuleOperation.objects.filter(at__gte=since, at__lt=until).order_by("at")
    return [(at, kind, undone is not None) for at, kind, undone in rows.values_list("at", "kind", "undone_at")]


def providers_seen() -> list[str]:
    """List the providers that messages went to."""
    with connection.cursor() as cursor:
        # A walk along the few distinct values, not over the rows.
        cursor.execute("SELECT DISTINCT provider FROM sending_fact WHERE provider <> '' ORDER BY provider LIMIT 500")
        return [name for (name,) in cursor.fetchall()]


def summed_at() -> datetime | None:
    """Tell as of when the reports are: when the sums were last brought up to date."""
    runs = JobRun.objects.filter(name="aggregates", finished_at__isnull=False)
    last: datetime | None = runs.aggregate(at=Max("at"))["at"]
    return last


def last_whole_sum(job: str) -> datetime | None:
    """Tell when all recent deliveries were last summed, moved or not."""
    rows = JobRun.objects.filter(name=job, finished_at__isnull=False, result__whole=True)
    last: datetime | None = rows.aggregate(at=Max("at"))["at"]
    return last
