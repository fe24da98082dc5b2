"""What became of messages at providers and domains, from the sums that the job `aggregates` keeps."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, Q, Sum
from django.db.models.functions import Coalesce

from rebond.core.words import SendingFact
from rebond.store.models import DomainFact
from rebond.store.models import SendingFact as ProviderFact
from rebond.store.read.facts import Scope, deliveries_begun, facts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSums:
    """What a provider did with the messages of a period; `attempts` are of those with an answer."""

    provider: str
    delivered: int
    failed: int
    returned: int
    complained: int
    attempts: int
    seconds: int


def provider_sums(scope: Scope, *, limit: int | None = None) -> list[ProviderSums]:
    """Sum what happened in the period by provider, those with most messages first: a row each."""
    taken = (SendingFact.DELIVERED.value, SendingFact.FAILED.value)
    kinds = (*taken, SendingFact.RETURNED.value, SendingFact.COMPLAINED.value)
    rows = facts_of(scope, provider=True).filter(hour__gte=scope.since, hour__lt=scope.until, kind__in=kinds)
    numbers: dict[str, Any] = {kind: Coalesce(Sum("number", filter=Q(kind=kind)), 0) for kind in kinds}
    numbers["tries"] = Coalesce(Sum("attempts", filter=Q(kind__in=taken)), 0)
    numbers["waits"] = Coalesce(Sum("seconds", filter=Q(kind=SendingFact.DELIVERED.value)), 0)
    found = rows.values_list("provider").annotate(**numbers)
    ordered = found.order_by(-(F(taken[0]) + F(taken[1])), "provider")[:limit]
    return [
        ProviderSums(
            provider=provider,
            delivered=delivered,
            failed=failed,
            returned=returned,
            complained=complained,
            attempts=tries,
            seconds=waits,
        )
        for provider, delivered, failed, returned, complained, tries, waits in ordered
    ]


def domain_sums(scope: Scope, *, limit: int) -> list[tuple[str, str, int, int, int, int]]:
    """Sum the messages of the deliveries that began in the period by domain: delivered, failed, returned, complained.

    Before them the domain and its provider, or one of them where it has moved.

    The largest first; the domain `''` is all that were not among a delivery's largest.
    """
    columns = ("delivered", "failed", "returned", "complained")
    begun = deliveries_begun(scope).values("id")
    if scope.domain:
        kinds = dict(facts_of(scope).filter(delivery__in=begun).values_list("kind").annotate(n=Sum("number")))
        delivered, failed, returned, complained = (kinds.get(name, 0) for name in columns)
        provider = facts_of(scope).filter(delivery__in=begun).aggregate(p=Max("provider"))["p"] or ""
        row = (scope.domain, provider, delivered, failed, returned, complained)
        return [row] if any(row[2:]) else []
    rows = DomainFact.objects.filter(delivery__in=begun)
    if scope.provider:
        rows = rows.filter(provider=scope.provider)
    totals = {f"all_{name}": Sum(name) for name in columns}
    grouped = rows.values_list("domain").annotate(p=Max("provider"), **totals)
    ordered = grouped.annotate(everything=Sum("delivered") + Sum("failed")).order_by("-everything", "domain")
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in ordered[:limit]]


def complaint_sources() -> frozenset[str]:
    """Name the providers that have ever told of a complaint: of the others nothing is known."""
    rows = ProviderFact.objects.filter(kind=SendingFact.COMPLAINED.value).values_list("provider", flat=True)
    return frozenset(rows.distinct())


def reported_deliveries(scope: Scope, sources: Collection[str]) -> dict[int, int]:
    """Sum for each delivery what was delivered in the period to the providers that tell of complaints."""
    rows = facts_of(scope, provider=True).filter(hour__gte=scope.since, hour__lt=scope.until, provider__in=sources)
    rows = rows.filter(kind=SendingFact.DELIVERED.value)
    return dict(rows.values_list("delivery").annotate(n=Sum("number")))
