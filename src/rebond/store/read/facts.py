"""What reports of messages are made of: sums that the job `aggregates` keeps, never the logs themselves."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum

from rebond.core.words import Channel, SendingFact
from rebond.store.models import (
    Delivery,
    DeliveryCounts,
    DomainHour,
    ExclusionCount,
    HourFact,
    Service,
    SummedDelivery,
)
from rebond.store.models import SendingFact as ProviderFact
from rebond.store.read.deliveries import COUNTERS, Target

# The counter that a fact of each kind is counted in; complaints are in none.
_COUNTED: Mapping[str, str] = {
    SendingFact.EXCLUDED.value: "excluded",
    SendingFact.DELIVERED.value: "delivered",
    SendingFact.RETURNED.value: "returned",
    SendingFact.FAILED.value: "failed",
    SendingFact.PENDING.value: "pending",
    SendingFact.CANCELLED.value: "cancelled",
    SendingFact.PRODUCTION_ERROR.value: "production_errors",
}
_MESSAGES = ("delivered", "failed", "pending", "cancelled", "production_errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a report is about: from `since` up to, not with, `until`; None or empty: all.

    `service` is the number of a service whose subscribers a delivery went to.
    """

    since: datetime
    until: datetime
    channel: Channel | None = None
    delivery: int | None = None
    service: int | None = None
    provider: str = ""
    domain: str = ""

    @property
    def narrow(self) -> bool:
        """Whether it is about a part of each delivery: of its figures the counters then know nothing."""
        return bool(self.provider or self.domain)


@dataclass(frozen=True, slots=True)
class Summed:
    """One group: what it is grouped by, in the order asked for, and its sums."""

    by: tuple[Any, ...]
    number: int
    attempts: int = 0
    seconds: int = 0


def sums(scope: Scope, *, by: Sequence[str], kinds: Collection[SendingFact]) -> list[Summed]:
    """Sum what happened in the period by columns of the facts, the largest group first."""
    rows = facts_of(scope, provider="provider" in by).filter(hour__gte=scope.since, hour__lt=scope.until)
    rows = rows.filter(kind__in=[kind.value for kind in kinds])
    grouped = rows.values_list(*by).annotate(n=Sum("number"), a=Sum("attempts"), s=Sum("seconds"))
    return [Summed(row[: len(by)], *row[len(by) :]) for row in grouped.order_by("-n", *by)]


def facts_of(scope: Scope, *, provider: bool = False) -> QuerySet[Any]:
    """Select the sums that are just fine enough for what is asked."""
    rows: QuerySet[Any] = HourFact.objects.all()
    if scope.domain:
        rows = DomainHour.objects.filter(domain=scope.domain)
    elif provider or scope.provider:
        rows = ProviderFact.objects.all()
    if scope.provider:
        rows = rows.filter(provider=scope.provider)
    if scope.channel:
        rows = rows.filter(channel=scope.channel.value)
    if scope.delivery is not None:
        rows = rows.filter(delivery=scope.delivery)
    if scope.service is not None:
        rows = rows.filter(delivery__in=of_service(scope.service))
    return rows


def of_service(service: int) -> QuerySet[Delivery, int]:
    """Select the deliveries that went to a service's subscribers."""
    return Delivery.objects.filter(target=Target.SERVICE.value, target_ref=service).values_list("id", flat=True)


def service_known(service: int) -> bool:
    """Tell whether there is such a service, or a delivery that went to it when it was there."""
    return Service.objects.filter(id=service).exists() or of_service(service).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The counters of one delivery or of several, and the exclusions by reason and cause."""

    target: int = 0
    excluded: int = 0
    messages: int = 0
    delivered: int = 0
    returned: int = 0
    failed: int = 0
    pending: int = 0
    cancelled: int = 0
    production_errors: int = 0
    exclusions: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFigures:
    """One delivery and its figures; `before` are those of the one before it of its template, or else of its name."""

    delivery: int
    name: str
    started_at: datetime | None
    figures: Figures
    before: Figures | None = None


def deliveries_begun(scope: Scope) -> QuerySet[Delivery]:
    """Select the deliveries that began in the period; one that is named, whenever it began."""
    rows = Delivery.objects.all()
    if scope.delivery is None:
        rows = rows.filter(created_at__lt=scope.until, started_at__gte=scope.since, started_at__lt=scope.until)
    else:
        rows = rows.filter(id=scope.delivery)
    if scope.channel:
        rows = rows.filter(channel=scope.channel.value)
    return rows if scope.service is None else rows.filter(id__in=of_service(scope.service))


def total_figures(scope: Scope) -> Figures:
    """Sum the figures of the deliveries that began in the period."""
    begun = deliveries_begun(scope).values("id")
    if scope.narrow:
        return _narrowed(scope, begun, each=False).get(0, Figures())
    counted = DeliveryCounts.objects.filter(delivery__in=begun).aggregate(**{name: Sum(name) for name in COUNTERS})
    rows = ExclusionCount.objects.filter(delivery_id__in=begun, number__gt=0).values_list("reason", "cause")
    exclusions = {(reason, cause): number for reason, cause, number in rows.annotate(n=Sum("number"))}
    return Figures(**{name: number or 0 for name, number in counted.items()}, exclusions=exclusions)


def delivery_figures(scope: Scope, *, compared: bool = False) -> list[DeliveryFigures]:
    """Read the figures of the deliveries that began in the period, the latest first; `compared`: with those before."""
    names = ("id", "name", "started_at", "template")
    rows = list(deliveries_begun(scope).order_by("-id").values_list(*names))
    before = _before(rows) if compared else {}
    wanted = [row[0] for row in rows]
    known = _figures({*wanted, *before.values()}, scope)
    return [
        DeliveryFigures(
            delivery=number,
            name=name,
            started_at=started,
            figures=known.get(number, Figures()),
            before=known.get(before[number], Figures()) if number in before else None,
        )
        for number, name, started, _ in rows
        if number in known
    ]


def _before(rows: Sequence[tuple[Any, ...]]) -> dict[int, int]:
    """Find for each delivery the last one before it of its template, or else of its name, that was prepared."""
    if not rows:
        return {}
    last: dict[object, int] = {}
    found = {}
    wanted = {row[0] for row in rows}
    earlier = Delivery.objects.filter(id__lte=rows[0][0], prepared_at__isnull=False).order_by("id")
    for number, name, template in earlier.values_list("id", "name", "template"):
        keys: tuple[object, ...] = (("name", name),) if template is None else (template, ("name", name))
        if number in wanted and keys[0] in last:
            found[number] = last[keys[0]]
        last.update(dict.fromkeys(keys, number))
    return found


def _figures(numbers: Collection[int], scope: Scope) -> dict[int, Figures]:
    if scope.narrow:
        return _narrowed(scope, numbers, each=True)
    excluded: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    counts = ExclusionCount.objects.filter(delivery_id__in=numbers, number__gt=0)
    for delivery, reason, cause, number in counts.values_list("delivery_id", "reason", "cause", "number"):
        excluded[delivery][reason, cause] = number
    rows = DeliveryCounts.objects.filter(delivery__in=numbers).values_list("delivery_id", *COUNTERS)
    return {
        number: Figures(**dict(zip(COUNTERS, counters, strict=True)), exclusions=excluded.get(number, {}))
        for number, *counters in rows
    }


def _narrowed(scope: Scope, numbers: Any, *, each: bool) -> dict[int, Figures]:
    """The figures of a part of each delivery, or of all of them together as number 0, from the facts."""
    by = ("delivery", "kind", "reason", "cause") if each else ("kind", "reason", "cause")
    rows = facts_of(scope).filter(delivery__in=numbers, kind__in=list(_COUNTED))
    counted: dict[int, dict[str, int]] = {}
    exclusions: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    for *where, kind, reason, cause, number in rows.values_list(*by).annotate(n=Sum("number")):
        delivery = where[0] if each else 0
        counters = counted.setdefault(delivery, dict.fromkeys(COUNTERS, 0))
        counters[_COUNTED[kind]] += number
        if kind == SendingFact.EXCLUDED:
            exclusions[delivery][reason, cause] = number
    for counters in counted.values():
        counters["messages"] = sum(counters[name] for name in _MESSAGES)
        counters["target"] = counters["excluded"] + counters["messages"]
    return {number: Figures(**counters, exclusions=exclusions[number]) for number, counters in counted.items()}


@dataclass(frozen=True, slots=True)
class Gaps:
    """What the sums by provider and domain lack of a period.

    `waiting`: deliveries that the job has still to sum so; `gone`: those whose messages retention took before;
    `beyond`: messages and exclusions at domains beyond a delivery's largest, which are summed together; `unplaced`:
    entries into quarantine from before their provider and domain were written down.
    """

    waiting: int = 0
    gone: int = 0
    beyond: int = 0
    unplaced: int = 0


NO_GAPS = Gaps()


def gaps(scope: Scope) -> Gaps:
    """Tell what a narrow report of the deliveries that began in the period lacks."""
    begun = deliveries_begun(scope).values("id")
    of = DeliveryCounts.objects.filter(delivery__in=begun, target__gt=0)
    known = SummedDelivery.objects.filter(delivery__in=begun)
    whole, gone = known.filter(whole=True).count(), known.filter(whole=False).count()
    beyond = 0
    if scope.domain:
        kinds = [kind for kind, name in _COUNTED.items() if name != "returned"]
        rest = DomainHour.objects.filter(delivery__in=begun, domain="", kind__in=kinds).exclude(provider="")
        beyond = rest.aggregate(n=Sum("number"))["n"] or 0
    return Gaps(waiting=max(0, of.count() - whole - gone), gone=gone, beyond=beyond)


def names_of_deliveries(numbers: Collection[int]) -> dict[int, str]:
    """Read the names of deliveries."""
    return dict(Delivery.objects.filter(id__in=list(numbers)).values_list("id", "name"))
