"""Reports of what became of messages: deliveries and bounces."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta, tzinfo
from typing import Any

from rebond.core.words import (
    CAUSES,
    AddressStatus,
    Cause,
    ErrorFamily,
    FailureType,
    Handling,
    Owner,
    Reason,
    SendingFact,
)
from rebond.services.report_exclusions import reasons_table
from rebond.services.report_providers import by_domain, by_provider
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, ReportAbout, Table, share_of
from rebond.store.read.deliveries import COUNTERS
from rebond.store.read.facts import Figures, Scope, Summed, delivery_figures, sums, total_figures
from rebond.store.read.reports import (
    held_back,
    quarantined_by_failures,
    quarantined_most,
    status_changes,
)

_DELIVERED, _FAILED, _RETURNED = SendingFact.DELIVERED, SendingFact.FAILED, SendingFact.RETURNED
_COMPLAINED = SendingFact.COMPLAINED
_LATE = "returned_late"


def delivery_summary(scope: Scope, about: ReportAbout, *, zone: tzinfo) -> NamedReport:
    """Sum the deliveries of a period: target, exclusions, messages, delivered, returned; the error families; the curve.

    What was delivered in a period stays the same number however much comes back later: a return is counted on its own
    day and takes nothing away.
    """
    totals = total_figures(scope)
    found = sums(scope, by=("hour", "kind", "late"), kinds=(_DELIVERED, _FAILED, _RETURNED, _COMPLAINED))
    return _report(
        "delivery-summary",
        about,
        _totals(totals),
        _families(totals),
        reasons_table(totals, name="exclusions"),
        _by_day(found, scope, zone),
        _deliveries(scope),
        drawings=(Drawing(table="by_day", x="day", series=("delivered", "failed", "returned", _LATE), lines=True),),
    )


def _totals(totals: Figures) -> Table:
    row = (*(getattr(totals, name) for name in COUNTERS), totals.delivered - totals.returned)
    return Table("totals", tuple(map(Column, (*COUNTERS, "reached"))), [row])


def _families(totals: Figures) -> Table:
    """The four error families with their sum, and beside them what is no error: together the target."""
    quarantined = sum(number for (reason, _), number in totals.exclusions.items() if reason == Reason.QUARANTINED)
    families: dict[str, int] = {
        ErrorFamily.QUARANTINE: quarantined,
        ErrorFamily.DELIVERY: totals.failed,
        ErrorFamily.AFTER_DELIVERY: totals.returned,
        ErrorFamily.PRODUCTION: totals.production_errors,
    }
    lines: dict[str, int] = {
        **families,
        "not_reached": sum(families.values()),
        "reached": totals.delivered - totals.returned,
        "excluded_otherwise": totals.excluded - quarantined,
        "cancelled": totals.cancelled,
        "pending": totals.pending,
    }
    rows = [(line, number, share_of(number, totals.target)) for line, number in lines.items()]
    columns = (Column("family", Kind.WORD, "Outcome"), Column("number"), Column("share", Kind.SHARE, "target"))
    return Table("families", columns, rows)


def _deliveries(scope: Scope) -> Table:
    rows = [
        (one.delivery, one.name, one.started_at, *(getattr(one.figures, name) for name in COUNTERS))
        for one in delivery_figures(scope)
    ]
    columns = (Column("delivery"), Column("name", Kind.TEXT), Column("started", Kind.MOMENT), *map(Column, COUNTERS))
    return Table("deliveries", columns, rows)


def _by_day(found: Iterable[Summed], scope: Scope, zone: tzinfo) -> Table:
    """Sum what happened on each day; returns of the first seven days apart from later ones."""
    hours: dict[tuple[Any, str], int] = defaultdict(int)
    for one in found:
        hour, kind, late = one.by[:3]
        hours[hour, _LATE if late else kind] += one.number
    days: dict[date, dict[str, int]] = {day: defaultdict(int) for day in _days(scope, zone)}
    for (hour, name), number in hours.items():
        day = hour.astimezone(zone).date()
        if day in days:
            days[day][name] += number
    names = (*(kind.value for kind in (_DELIVERED, _FAILED, _RETURNED)), _LATE, _COMPLAINED.value)
    rows = [(day, *(numbers[name] for name in names)) for day, numbers in days.items()]
    return Table("by_day", (Column("day", Kind.DAY), *map(Column, names)), rows)


def _days(scope: Scope, zone: tzinfo) -> Iterator[date]:
    day, end = scope.since.astimezone(zone).date(), scope.until.astimezone(zone).date()
    while day < end:
        yield day
        day += timedelta(days=1)


def bounce_summary(scope: Scope, about: ReportAbout, *, zone: tzinfo, counting_owners: frozenset[Owner]) -> NamedReport:
    """Sum the failures of a period: by type, reason and cause, owner, provider, domain; what they did to addresses."""
    grouped = ("hour", "kind", "late", "type", "reason", "cause")
    hours = sums(scope, by=grouped, kinds=(_DELIVERED, _FAILED, _RETURNED, _COMPLAINED))
    found = [one for one in hours if one.by[1] in (_FAILED, _RETURNED)]
    total = sum(one.number for one in found)
    return _report(
        "bounce-summary",
        about,
        _by_day(hours, scope, zone),
        _failures(found, total),
        _grouped(found, "by_type", Column("type", Kind.WORD, "FailureType"), total, lambda by: _type(by[3])),
        _grouped(found, "by_owner", Column("owner", Kind.WORD, "Owner"), total, lambda by: _owner(by[5])),
        _handling(scope, found, total, counting_owners),
        _handled(scope),
        by_provider(scope),
        by_domain(scope),
        Table(
            "quarantined_most",
            (Column("delivery"), Column("name", Kind.TEXT), Column("number")),
            quarantined_most(scope),
        ),
        drawings=(Drawing(table="by_day", x="day", series=("failed", "returned", _LATE), stacked=True),),
    )


def _failures(found: Iterable[Summed], total: int) -> Table:
    """The failures by type, reason and cause, synchronous and asynchronous apart."""
    groups: dict[tuple[str, str, str], dict[str, int]] = {}
    for one in found:
        _, kind, _, of_type, reason, cause = one.by
        numbers = groups.setdefault((of_type, reason, cause), {_FAILED.value: 0, _RETURNED.value: 0})
        numbers[kind] += one.number
    rows = [
        (
            _type(of_type),
            _reason(reason),
            _cause(cause),
            numbers[_FAILED.value],
            numbers[_RETURNED.value],
            sum(numbers.values()),
            share_of(sum(numbers.values()), total),
        )
        for (of_type, reason, cause), numbers in groups.items()
    ]
    columns = (
        Column("type", Kind.WORD, "FailureType"),
        Column("reason", Kind.WORD, "Reason"),
        Column("cause", Kind.WORD, "Cause"),
        Column("synchronous"),
        Column("asynchronous"),
        Column("number"),
        Column("share", Kind.SHARE, "number"),
    )
    return Table("by_reason", columns, sorted(rows, key=lambda row: (-row[5], str(row))))


def _grouped(found: Iterable[Summed], name: str, column: Column, total: int, key: Any) -> Table:
    groups: dict[Any, int] = defaultdict(int)
    for one in found:
        groups[key(one.by)] += one.number
    rows = [(value, number, share_of(number, total)) for value, number in groups.items()]
    columns = (column, Column("number"), Column("share", Kind.SHARE, "number"))
    return Table(name, columns, sorted(rows, key=lambda row: (-row[1], str(row[0]))))


def _handling(scope: Scope, found: Iterable[Summed], total: int, owners: frozenset[Owner]) -> Table:
    """What the failures did to their addresses by themselves; what is held is no failure of the period yet."""
    counting = sum(one.number for one in found if _counts(one, owners))
    quarantined = min(quarantined_by_failures(scope), counting)
    rows = [
        (Handling.QUARANTINED, quarantined, share_of(quarantined, total)),
        (Handling.COUNTED, counting - quarantined, share_of(counting - quarantined, total)),
        (Handling.NOTHING, total - counting, share_of(total - counting, total)),
        (Handling.HELD, held_back(scope), None),
    ]
    columns = (Column("handling", Kind.WORD, "Handling"), Column("number"), Column("share", Kind.SHARE, "number"))
    return Table("handling", columns, rows)


def _counts(one: Summed, owners: frozenset[Owner]) -> bool:
    of_type, cause = one.by[3], one.by[5]
    known = Cause(cause) if cause else Cause.UNKNOWN
    return of_type in _ACTING and CAUSES[known].owner in owners and not CAUSES[known].deferral


_ACTING = frozenset({FailureType.HARD.value, FailureType.SOFT.value})


def _handled(scope: Scope) -> Table:
    """Which statuses addresses came into, by whatever did it."""
    groups: dict[str, int] = defaultdict(int)
    for change in status_changes(scope):
        groups[change.after] += change.number
    wanted = (AddressStatus.QUARANTINED, AddressStatus.ERRONEOUS, AddressStatus.DENYLISTED, AddressStatus.VALID)
    rows = [(status, groups[status.value]) for status in wanted]
    return Table("handled", (Column("status", Kind.WORD, "AddressStatus"), Column("number")), rows)


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
