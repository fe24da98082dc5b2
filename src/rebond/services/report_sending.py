"""Reports of what became of messages: deliveries, bounces, exclusions, providers, complaints."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta, tzinfo
from typing import Any

from rebond.core.words import CAUSES, AddressStatus, Cause, ErrorFamily, FailureType, Owner, Reason, SendingFact
from rebond.services.report_providers import by_domain, by_provider, share_of
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, ReportAbout, Table
from rebond.store.read.reports import (
    Scope,
    Summed,
    delivery_figures,
    quarantined_most,
    status_changes,
    sums,
)

_DELIVERED, _FAILED, _RETURNED = SendingFact.DELIVERED, SendingFact.FAILED, SendingFact.RETURNED
_COMPLAINED = SendingFact.COMPLAINED


def delivery_summary(scope: Scope, about: ReportAbout, *, zone: tzinfo) -> NamedReport:
    """Sum the deliveries of a period: target, exclusions, messages, delivered, returned; the error families; the curve.

    What was delivered in a period stays the same number however much comes back later: a return is counted on its own
    day and takes nothing away.
    """
    found = delivery_figures(scope)
    names = ("target", "excluded", "messages", "delivered", "returned", "failed", "pending", "cancelled")
    counters = (*names, "production_errors")
    rows = [(one.delivery, one.name, one.started_at, *(getattr(one, name) for name in counters)) for one in found]
    deliveries = Table(
        "deliveries",
        (Column("delivery"), Column("name", Kind.TEXT), Column("started", Kind.MOMENT), *map(Column, counters)),
        rows,
    )
    totals = {name: sum(getattr(one, name) for one in found) for name in counters}
    quarantined = sum(
        number for one in found for (reason, _), number in one.exclusions.items() if reason == Reason.QUARANTINED
    )
    families = {
        ErrorFamily.QUARANTINE: quarantined,
        ErrorFamily.DELIVERY: totals["failed"],
        ErrorFamily.AFTER_DELIVERY: totals["returned"],
        ErrorFamily.PRODUCTION: totals["production_errors"],
    }
    not_reached = sum(families.values())
    return _report(
        "delivery-summary",
        about,
        Table("totals", tuple(map(Column, (*counters, "reached"))), [_with_reached(totals, counters)]),
        Table(
            "families",
            (Column("family", Kind.WORD, "ErrorFamily"), Column("number"), Column("share", Kind.SHARE, "target")),
            [(family, number, share_of(number, totals["target"])) for family, number in families.items()]
            + [("", not_reached, share_of(not_reached, totals["target"]))],
        ),
        _by_day(scope, zone),
        deliveries,
        drawings=(Drawing(table="by_day", x="day", series=("delivered", "failed", "returned"), lines=True),),
    )


def _with_reached(totals: dict[str, int], counters: tuple[str, ...]) -> tuple[int, ...]:
    return (*(totals[name] for name in counters), totals["delivered"] - totals["returned"])


def _by_day(scope: Scope, zone: tzinfo) -> Table:
    """Sum what happened on each day; returns of the first seven days apart from later ones."""
    days: dict[date, dict[str, int]] = {day: defaultdict(int) for day in _days(scope, zone)}
    for one in sums(scope, by=("hour", "kind", "late")):
        hour, kind, late = one.by
        day = hour.astimezone(zone).date()
        if day in days:
            days[day]["returned_late" if late else kind] += one.number
    names = (*(kind.value for kind in (_DELIVERED, _FAILED, _RETURNED)), "returned_late", _COMPLAINED.value)
    rows = [(day, *(numbers[name] for name in names)) for day, numbers in days.items()]
    return Table("by_day", (Column("day", Kind.DAY), *map(Column, names)), rows)


def _days(scope: Scope, zone: tzinfo) -> Iterator[date]:
    day, end = scope.since.astimezone(zone).date(), scope.until.astimezone(zone).date()
    while day < end:
        yield day
        day += timedelta(days=1)


def bounce_summary(scope: Scope, about: ReportAbout, *, zone: tzinfo) -> NamedReport:
    """Sum the failures of a period: by type, reason and cause, owner, provider, domain; what they did to addresses."""
    found = [one for one in sums(scope, by=("kind", "type", "reason", "cause")) if one.by[0] in (_FAILED, _RETURNED)]
    total = sum(one.number for one in found)
    return _report(
        "bounce-summary",
        about,
        _failures(found, total),
        _grouped(found, "by_type", Column("type", Kind.WORD, "FailureType"), total, lambda by: _type(by[1])),
        _grouped(found, "by_owner", Column("owner", Kind.WORD, "Owner"), total, lambda by: _owner(by[3])),
        by_provider(scope),
        by_domain(scope),
        _handled(scope),
        _by_day(scope, zone),
        Table(
            "quarantined_most",
            (Column("delivery"), Column("name", Kind.TEXT), Column("number")),
            quarantined_most(scope),
        ),
        drawings=(Drawing(table="by_day", x="day", series=("failed", "returned", "returned_late"), stacked=True),),
    )


def _failures(found: Iterable[Summed], total: int) -> Table:
    """The failures by reason and cause, synchronous and asynchronous apart."""
    groups: dict[tuple[str, str], dict[str, int]] = {}
    for one in found:
        kind, _, reason, cause = one.by
        numbers = groups.setdefault((reason, cause), {_FAILED.value: 0, _RETURNED.value: 0})
        numbers[kind] += one.number
    rows = [
        (_reason(reason), _cause(cause), sync, asynchronous, sync + asynchronous, share_of(sync + asynchronous, total))
        for (reason, cause), (sync, asynchronous) in (
            (key, (numbers[_FAILED.value], numbers[_RETURNED.value])) for key, numbers in groups.items()
        )
    ]
    columns = (
        Column("reason", Kind.WORD, "Reason"),
        Column("cause", Kind.WORD, "Cause"),
        Column("synchronous"),
        Column("asynchronous"),
        Column("number"),
        Column("share", Kind.SHARE, "number"),
    )
    return Table("by_reason", columns, sorted(rows, key=lambda row: -row[4]))


def _grouped(found: Iterable[Summed], name: str, column: Column, total: int, key: Any) -> Table:
    groups: dict[Any, int] = defaultdict(int)
    for one in found:
        groups[key(one.by)] += one.number
    rows = [(value, number, share_of(number, total)) for value, number in groups.items()]
    columns = (column, Column("number"), Column("share", Kind.SHARE, "number"))
    return Table(name, columns, sorted(rows, key=lambda row: -row[1]))


def _handled(scope: Scope) -> Table:
    """What was done to addresses by themselves: put in quarantine, counted against, kept off by complaint."""
    groups: dict[str, int] = defaultdict(int)
    for _, _, after, _, number in status_changes(scope):
        groups[after] += number
    wanted = (AddressStatus.QUARANTINED, AddressStatus.ERRONEOUS, AddressStatus.DENYLISTED, AddressStatus.VALID)
    rows = [(status, groups[status.value]) for status in wanted]
    return Table("handled", (Column("status", Kind.WORD, "AddressStatus"), Column("number")), rows)


def exclusions_report(scope: Scope, about: ReportAbout, *, zone: tzinfo) -> NamedReport:
    """Sum the exclusions of the deliveries of a period by reason and cause; each delivery beside the one before."""
    found = delivery_figures(scope)
    targets = sum(one.target for one in found)
    groups: dict[tuple[str, str], int] = defaultdict(int)
    for one in found:
        for key, number in one.exclusions.items():
            groups[key] += number
    causes = [
        (_reason(reason), cause, number, share_of(number, targets))
        for (reason, cause), number in sorted(groups.items(), key=lambda item: -item[1])
    ]
    rows = []
    before: dict[str, int] = {}
    for one in sorted(found, key=lambda one: one.delivery):
        last = before.get(one.name)
        day = one.started_at.astimezone(zone).date() if one.started_at else None
        share = share_of(one.excluded, one.target)
        rows.append((one.delivery, one.name, day, one.target, one.excluded, share, _difference(one.excluded, last)))
        before[one.name] = one.excluded
    per_delivery = Table(
        "deliveries",
        (
            Column("delivery"),
            Column("name", Kind.TEXT),
            Column("day", Kind.DAY),
            Column("target"),
            Column("excluded"),
            Column("share", Kind.SHARE, "target"),
            Column("difference"),
        ),
        list(reversed(rows)),
    )
    reasons = (
        Column("reason", Kind.WORD, "Reason"),
        Column("cause", Kind.WORD, "ExclusionCause"),
        Column("number"),
        Column("share", Kind.SHARE, "target"),
    )
    return _report("exclusions", about, Table("by_reason", reasons, causes), per_delivery)


def _difference(now: int, before: int | None) -> int | None:
    return None if before is None else now - before


def _report(name: str, about: ReportAbout, *tables: Table, drawings: tuple[Drawing, ...] = ()) -> NamedReport:
    return NamedReport(name=name, about=about, as_of=None, tables=tables, drawings=drawings)


def _reason(value: str) -> Reason | None:
    return Reason(value) if value else None


def _cause(value: str) -> Cause | None:
    return Cause(value) if value else None


def _type(value: str) -> FailureType | None:
    return FailureType(value) if value else None


def _owner(cause: str) -> Owner:
    return CAUSES[Cause(cause)].owner if cause else Owner.UNKNOWN
