"""Rates by provider and by domain, and the reports that are made of them alone: providers and complaints."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from rebond.core.words import Cause, Reason, SendingFact
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, ReportAbout, Table
from rebond.store.read.reports import Scope, Summed, delivery_figures, domain_sums, sums

# Asked of senders by the large receivers (specification 08): 0.1 % is the aim, 0.3 % the limit.
COMPLAINT_AIM, COMPLAINT_LIMIT = 0.001, 0.003
_MOST_DOMAINS = 50
_DELIVERED, _FAILED, _RETURNED = SendingFact.DELIVERED, SendingFact.FAILED, SendingFact.RETURNED
_COMPLAINED = SendingFact.COMPLAINED


def by_provider(scope: Scope) -> Table:
    """Rates by provider, those with most messages first."""
    return Table("by_provider", (Column("provider", Kind.TEXT), *_RATES), _rates(sums(scope, by=("provider", "kind"))))


_RATES = (
    Column("delivered"),
    Column("failed"),
    Column("returned"),
    Column("complained"),
    Column("failed_share", Kind.SHARE, "messages"),
    Column("returned_share", Kind.SHARE, "delivered"),
    Column("complained_share", Kind.SHARE, "delivered"),
)


def _rates(found: Iterable[Summed]) -> list[tuple[Any, ...]]:
    groups: dict[str, dict[str, int]] = {}
    for one in found:
        name, kind = one.by
        groups.setdefault(name, defaultdict(int))[kind] += one.number
    rows = [(name, *_rate(*(numbers[kind] for kind in _COUNTED))) for name, numbers in groups.items()]
    return sorted(rows, key=lambda row: (-(row[1] + row[2]), row[0]))


_COUNTED = (_DELIVERED.value, _FAILED.value, _RETURNED.value, _COMPLAINED.value)


def _rate(delivered: int, failed: int, returned: int, complained: int) -> tuple[Any, ...]:
    numbers = (delivered, failed, returned, complained)
    shares = (share_of(failed, delivered + failed), share_of(returned, delivered), share_of(complained, delivered))
    return (*numbers, *shares)


def by_domain(scope: Scope) -> Table:
    """Rates by domain, of the deliveries that began in the period."""
    rows = [(domain, *_rate(*numbers)) for domain, *numbers in domain_sums(scope, limit=_MOST_DOMAINS)]
    return Table("by_domain", (Column("domain", Kind.TEXT), *_RATES), rows)


def providers_report(scope: Scope, about: ReportAbout) -> NamedReport:
    """Sum for each provider: attempts, delivered, deferred, refused by cause, complaints, how long it took."""
    found = sums(scope, by=("provider", "kind"))
    groups: dict[str, dict[str, Summed]] = {}
    for one in found:
        groups.setdefault(one.by[0], {})[one.by[1]] = one
    rows = []
    for (provider, *rates), kinds in ((row, groups[row[0]]) for row in _rates(found)):
        delivered, failed = (kinds.get(kind.value) for kind in (_DELIVERED, _FAILED))
        tried = [one for one in (delivered, failed) if one]
        attempts = sum(one.attempts for one in tried)
        deferred = attempts - sum(one.number for one in tried)
        waited = delivered.seconds / delivered.number if delivered and delivered.number else None
        rows.append((provider, attempts, deferred, *rates, waited))
    columns = (
        Column("provider", Kind.TEXT),
        Column("attempts"),
        Column("deferred"),
        *_RATES,
        Column("waited", Kind.SECONDS),
    )
    causes = [
        (provider, Reason(reason) if reason else None, Cause(cause) if cause else None, one.number)
        for one in sums(scope, by=("provider", "kind", "reason", "cause"))
        for provider, kind, reason, cause in [one.by]
        if kind == _FAILED.value
    ]
    refused = (
        Column("provider", Kind.TEXT),
        Column("reason", Kind.WORD, "Reason"),
        Column("cause", Kind.WORD, "Cause"),
        Column("number"),
    )
    return NamedReport(
        name="providers",
        about=about,
        as_of=None,
        tables=(Table("providers", columns, rows), Table("refused", refused, causes)),
    )


def complaints_report(scope: Scope, about: ReportAbout) -> NamedReport:
    """Complaint rates by provider and by delivery, against 0.1 % and 0.3 %."""
    providers = [(name, d, c, share) for name, d, _, _, c, _, _, share in _rates(sums(scope, by=("provider", "kind")))]
    numbers: dict[int, dict[str, int]] = {}
    for one in sums(scope, by=("delivery", "kind")):
        numbers.setdefault(one.by[0], defaultdict(int))[one.by[1]] += one.number
    names = {one.delivery: one.name for one in delivery_figures(scope)}
    deliveries = [
        (number, names.get(number, ""), kinds[_DELIVERED.value], kinds[_COMPLAINED.value])
        for number, kinds in sorted(numbers.items(), reverse=True)
    ]
    rates = (Column("delivered"), Column("complained"), Column("complained_share", Kind.SHARE, "delivered"))
    tables = (
        Table("by_provider", (Column("provider", Kind.TEXT), *rates), providers),
        Table(
            "by_delivery",
            (Column("delivery"), Column("name", Kind.TEXT), *rates),
            [(*row, share_of(row[3], row[2])) for row in deliveries],
        ),
    )
    return NamedReport(
        name="complaints",
        about=about,
        as_of=None,
        tables=tables,
        drawings=(
            Drawing(
                table="by_provider",
                x="provider",
                series=("complained_share",),
                limits=(("aim", COMPLAINT_AIM), ("limit", COMPLAINT_LIMIT)),
            ),
        ),
    )


def share_of(part: int, whole: int) -> float | None:
    """Return the share that a part is of the whole; None of nothing."""
    return part / whole if whole else None
