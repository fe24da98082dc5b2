"""What reports tell of addresses, texts and rules; of messages, see `facts`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import TruncHour

from rebond.core.failure import Origin
from rebond.core.words import AddressStatus, Channel, QualificationStatus
from rebond.store.models import (
    ChangeHour,
    Delivery,
    JobRun,
    Qualification,
    QuarantineSize,
    RuleOperation,
    StatusChange,
)
from rebond.store.read.facts import Scope, of_service

MOST_PROVIDERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How many addresses went from one status to another in an hour."""

    hour: datetime
    before: str
    after: str
    number: int


def status_changes(scope: Scope) -> list[Change]:
    """Sum the changes of status by hour."""
    rows = _changes(scope)
    grouped = rows.values_list("hour", "before", "after").annotate(n=_number(scope)).order_by("hour")
    return [Change(hour=hour, before=before, after=after, number=n) for hour, before, after, n in grouped]


def _changes(scope: Scope) -> QuerySet[Any]:
    """The summed changes; of a provider or a domain, the changes themselves."""
    rows: QuerySet[Any]
    if scope.narrow:
        rows = StatusChange.objects.filter(at__gte=scope.since, at__lt=scope.until).annotate(hour=TruncHour("at"))
        if scope.provider:
            rows = rows.filter(provider=scope.provider)
        if scope.domain:
            rows = rows.filter(domain=scope.domain)
    else:
        rows = ChangeHour.objects.filter(hour__gte=scope.since, hour__lt=scope.until)
    if scope.channel:
        rows = rows.filter(channel=scope.channel.value)
    if scope.delivery is not None:
        rows = rows.filter(delivery=scope.delivery)
    return rows if scope.service is None else rows.filter(delivery__in=of_service(scope.service))


def _number(scope: Scope) -> Any:
    return Count("id") if scope.narrow else Sum("number")


def quarantined_by_failures(scope: Scope) -> int:
    """Count the addresses that failures of our messages put into quarantine; a person or a complaint did not."""
    found = _into_quarantine(scope).aggregate(n=_number(scope))["n"]
    return found or 0


# Of changes from before it was written down, what put them there is not known: nearly always a failure.
_BY_FAILURE = (Origin.HARD.value, Origin.SOFT.value, "")


def _into_quarantine(scope: Scope) -> QuerySet[Any]:
    rows = _changes(scope).filter(delivery__isnull=False, origin__in=_BY_FAILURE)
    return rows.filter(after=AddressStatus.QUARANTINED.value)


def quarantined_most(scope: Scope, *, limit: int = 5) -> list[tuple[int, str, int]]:
    """Find the deliveries whose failures put most addresses into quarantine: number, name, how many."""
    rows = _into_quarantine(scope)
    found = list(rows.values_list("delivery").annotate(n=_number(scope)).order_by("-n", "delivery")[:limit])
    names = dict(Delivery.objects.filter(id__in=[number for number, _ in found]).values_list("id", "name"))
    return [(number, names.get(number, ""), count) for number, count in found]


def unplaced_changes(scope: Scope) -> int:
    """Count the entries into quarantine of the period from before their provider and domain were written down."""
    rows = StatusChange.objects.filter(at__gte=scope.since, at__lt=scope.until, origin="", provider="", domain="")
    return rows.filter(after=AddressStatus.QUARANTINED.value).count()


def held_back(scope: Scope) -> int | None:
    """Count the returns that acted on nothing; None of a part, as nobody knows what they belong to."""
    if scope.narrow or scope.delivery is not None or scope.service is not None:
        return None
    found = _changes(scope).filter(after=ChangeHour.HELD).aggregate(n=Sum("number"))["n"]
    return found or 0


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


@dataclass(frozen=True, slots=True)
class RuleUse:
    """How many texts of a status a rule judged, and how often they came; see `Verdict.rule` for what is no rule."""

    rule: str
    status: QualificationStatus
    texts: int
    occurrences: int


def rule_use(channel: Channel | None) -> list[RuleUse]:
    """Sum the texts by status and the rule that judged them, those that came most often first."""
    rows = Qualification.objects.all()
    if channel:
        rows = rows.filter(channel=channel.value)
    grouped = rows.values_list("rule", "status").annotate(n=Count("id"), o=Sum("count"))
    return [
        RuleUse(rule, QualificationStatus(status), texts, occurrences or 0)
        for rule, status, texts, occurrences in grouped.order_by("-o", "rule", "status")
    ]


def decisions(*, since: datetime, until: datetime) -> list[tuple[datetime, str, bool]]:
    """Read the changes of rules of a period: when, of which kind, whether undone."""
    rows = RuleOperation.objects.filter(at__gte=since, at__lt=until).order_by("at")
    return [(at, kind, undone is not None) for at, kind, undone in rows.values_list("at", "kind", "undone_at")]


def providers_seen() -> list[str]:
    """List the providers that messages went to, the first so many by name."""
    with connection.cursor() as cursor:
        # A walk from one to the next along the index, not over the rows.
        cursor.execute(
            "WITH RECURSIVE seen (provider) AS (SELECT min(provider) FROM sending_fact WHERE provider > ''"
            " UNION ALL SELECT (SELECT min(f.provider) FROM sending_fact f WHERE f.provider > seen.provider)"
            f" FROM seen WHERE seen.provider IS NOT NULL) SELECT provider FROM seen LIMIT {MOST_PROVIDERS}"
        )
        return [name for (name,) in cursor.fetchall() if name is not None]


def deliveries_seen(limit: int) -> list[tuple[int, str]]:
    """List the newest deliveries that have begun: number and name."""
    rows = Delivery.objects.filter(started_at__isnull=False).order_by("-id")
    return list(rows.values_list("id", "name")[:limit])


def delivery_began(number: int) -> datetime | None:
    """Tell when a delivery began, None when it did not or does not exist."""
    return Delivery.objects.filter(id=number).values_list("started_at", flat=True).first()


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
