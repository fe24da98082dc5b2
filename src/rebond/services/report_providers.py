"""Rates by provider and by domain, and the reports that are made of them alone: providers and complaints."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from rebond.core.words import Cause, Reason, SendingFact
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, ReportAbout, Table, share_of
from rebond.store.read.facts import Scope, names_of_deliveries, sums
from rebond.store.read.provider_facts import (
    ProviderSums,
    complaint_sources,
    domain_sums,
    provider_sums,
    reported_deliveries,
)
from rebond.store.read.transports import troubled_transports

# Asked of senders by the large receivers (specification 08): 0.1 % is the aim, 0.3 % the limit.
COMPLAINT_AIM, COMPLAINT_LIMIT = 0.001, 0.003
_MOST_DOMAINS = _MOST_PROVIDERS = 200
_MOST_DRAWN = 12
_DELIVERED, _FAILED, _COMPLAINED = SendingFact.DELIVERED, SendingFact.FAILED, SendingFact.COMPLAINED

_RATES = (
    Column("delivered"),
    Column("failed"),
    Column("returned"),
    Column("complained"),
    Column("failed_share", Kind.SHARE, "messages"),
    Column("returned_share", Kind.SHARE, "delivered"),
    Column("complained_share", Kind.SHARE, "delivered"),
)


def by_provider(scope: Scope) -> Table:
    """Rates by provider, those with most messages first."""
    sources = complaint_sources()
    rows = [(one.provider, *_rates(one, sources)) for one in provider_sums(scope, limit=_MOST_PROVIDERS)]
    return Table("by_provider", (Column("provider", Kind.PROVIDER), *_RATES), rows)


def _rates(one: ProviderSums, sources: frozenset[str]) -> tuple[Any, ...]:
    return _rate(one.delivered, one.failed, one.returned, one.complained, told=one.provider in sources)


def _rate(delivered: int, failed: int, returned: int, complained: int, *, told: bool = True) -> tuple[Any, ...]:
    """The numbers and their shares; where nobody tells of complaints, their share is not zero but unknown."""
    numbers = (delivered, failed, returned, complained)
    shares = (
        share_of(failed, delivered + failed),
        share_of(returned, delivered),
        share_of(complained, delivered) if told else None,
    )
    return (*numbers, *shares)


def by_domain(scope: Scope) -> Table:
    """Rates by domain, of the deliveries that began in the period."""
    found = domain_sums(scope, limit=_MOST_DOMAINS)
    sources = complaint_sources()
    # Without a name are domains of many providers.
    rows = [
        (domain, *_rate(*numbers, told=provider in sources if domain else bool(sources)))
        for domain, provider, *numbers in found
    ]
    return Table("by_domain", (Column("domain", Kind.TEXT), *_RATES), rows)


def providers_report(scope: Scope, about: ReportAbout, *, now: datetime) -> NamedReport:
    """Sum for each provider: attempts, delivered, deferred, refused by cause, complaints, how long it took."""
    sources = complaint_sources()
    rows = [
        (
            one.provider,
            one.attempts,
            one.attempts - one.delivered - one.failed,
            *_rates(one, sources),
            one.seconds / one.delivered if one.delivered else None,
        )
        for one in provider_sums(scope)
    ]
    refused = []
    for found in sums(scope, by=("provider", "reason", "cause"), kinds=(_FAILED,)):
        provider, reason, cause = found.by
        refused.append((provider, Reason(reason) if reason else None, Cause(cause) if cause else None, found.number))
    columns = (
        Column("provider", Kind.PROVIDER),
        Column("attempts"),
        Column("deferred"),
        *_RATES,
        Column("waited", Kind.SECONDS),
    )
    causes = (
        Column("provider", Kind.PROVIDER),
        Column("reason", Kind.WORD, "Reason"),
        Column("cause", Kind.WORD, "Cause"),
        Column("number"),
    )
    return NamedReport(
        name="providers",
        about=about,
        as_of=None,
        tables=(Table("providers", columns, rows), Table("refused", causes, refused), _pauses(now)),
        drawings=(
            Drawing(table="providers", x="provider", series=("failed_share", "returned_share"), most=_MOST_DRAWN),
        ),
    )


def _pauses(now: datetime) -> Table:
    """The ways of sending that are not used now, after a fault of their own."""
    # Behind a blank stands what tells settings of the same place apart.
    rows = [
        (one.name.partition(" ")[0], one.until, one.faults, one.problem)
        for one in troubled_transports(now=now)
        if one.resting
    ]
    columns = (
        Column("transport", Kind.TEXT),
        Column("until", Kind.MOMENT),
        Column("faults"),
        Column("problem", Kind.TEXT),
    )
    return Table("pauses", columns, rows)


def complaints_report(scope: Scope, about: ReportAbout) -> NamedReport:
    """Complaint rates by provider and by delivery, against 0.1 % and 0.3 %."""
    sources = complaint_sources()
    providers = [
        (one.provider, one.delivered, one.complained, _rates(one, sources)[-1]) for one in provider_sums(scope)
    ]
    rates = (Column("delivered"), Column("complained"), Column("complained_share", Kind.SHARE, "delivered"))
    return NamedReport(
        name="complaints",
        about=about,
        as_of=None,
        tables=(
            Table("by_provider", (Column("provider", Kind.PROVIDER), *rates), providers),
            _complaints_by_delivery(scope, sources),
        ),
        drawings=(
            Drawing(
                table="by_provider",
                x="provider",
                series=("complained_share",),
                limits=(("aim", COMPLAINT_AIM), ("limit", COMPLAINT_LIMIT)),
                most=_MOST_DRAWN,
            ),
        ),
    )


def _complaints_by_delivery(scope: Scope, sources: frozenset[str]) -> Table:
    """Of each delivery what was delivered, and of that what went to providers that tell of complaints."""
    numbers: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in sums(scope, by=("delivery", "kind"), kinds=(_DELIVERED, _COMPLAINED)):
        numbers[one.by[0]][one.by[1]] += one.number
    told = reported_deliveries(scope, sources)
    names = names_of_deliveries(numbers)
    rows = [
        (
            number,
            names.get(number, ""),
            kinds[_DELIVERED.value],
            told.get(number, 0),
            kinds[_COMPLAINED.value],
            share_of(kinds[_COMPLAINED.value], told.get(number, 0)),
        )
        for number, kinds in sorted(numbers.items(), reverse=True)
    ]
    columns = (
        Column("delivery"),
        Column("name", Kind.TEXT),
        Column("delivered"),
        Column("reporting"),
        Column("complained"),
        Column("complained_share", Kind.SHARE, "reporting"),
    )
    return Table("by_delivery", columns, rows)
