"""The report of exclusions: whom preparation left out of deliveries, and why."""

from collections import defaultdict
from datetime import date, tzinfo

from rebond.core.words import Reason
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, ReportAbout, Table, share_of
from rebond.store.read.facts import DeliveryFigures, Figures, Scope, delivery_figures, total_figures

# What each reason is drawn as over time; those left out are together.
_DRAWN = {
    Reason.QUARANTINED.value: "quarantined",
    Reason.DENYLISTED.value: "denylisted",
    Reason.ADDRESS_EMPTY.value: "no_valid_address",
    Reason.INVALID_ADDRESS.value: "no_valid_address",
    Reason.DUPLICATE.value: "duplicate",
    Reason.EXCLUDED_BY_RULE.value: "excluded_by_rule",
}
_OTHERWISE = "otherwise"


def exclusions_report(scope: Scope, about: ReportAbout, *, zone: tzinfo) -> NamedReport:
    """Sum the exclusions of the deliveries of a period by reason and cause, and over time; each beside the one before.

    Exclusions are of the day on which their delivery began.
    """
    found = delivery_figures(scope, compared=True)
    over_time = _over_time(found, zone)
    return NamedReport(
        name="exclusions",
        about=about,
        as_of=None,
        tables=(reasons_table(total_figures(scope), name="by_reason"), over_time, _deliveries(found, zone)),
        drawings=(
            Drawing(
                table="over_time",
                x="day",
                series=tuple(column.name for column in over_time.columns[_FIRST_REASON:]),
                stacked=True,
            ),
        ),
    )


def reasons_table(totals: Figures, *, name: str) -> Table:
    """Return the exclusions by reason and cause."""
    rows = [
        (Reason(reason), cause, number, share_of(number, totals.target))
        for (reason, cause), number in sorted(totals.exclusions.items(), key=lambda item: (-item[1], item[0]))
    ]
    columns = (
        Column("reason", Kind.WORD, "Reason"),
        Column("cause", Kind.WORD, "ExclusionCause"),
        Column("number"),
        Column("share", Kind.SHARE, "target"),
    )
    return Table(name, columns, rows)


def _over_time(found: list[DeliveryFigures], zone: tzinfo) -> Table:
    """The exclusions of the deliveries that began on each day; days without any are left out."""
    days: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in found:
        if one.started_at is None:
            continue
        numbers = days[one.started_at.astimezone(zone).date()]
        numbers["target"] += one.figures.target
        numbers["excluded"] += one.figures.excluded
        for (reason, _), number in one.figures.exclusions.items():
            numbers[_DRAWN.get(reason, _OTHERWISE)] += number
    names = (*dict.fromkeys(_DRAWN.values()), _OTHERWISE)
    rows = [
        (
            day,
            numbers["target"],
            numbers["excluded"],
            share_of(numbers["excluded"], numbers["target"]),
            *(numbers[name] for name in names),
        )
        for day, numbers in sorted(days.items())
    ]
    columns = (
        Column("day", Kind.DAY),
        Column("target"),
        Column("excluded"),
        Column("share", Kind.SHARE, "target"),
        *map(Column, names),
    )
    return Table("over_time", columns, rows)


_FIRST_REASON = 4


def _deliveries(found: list[DeliveryFigures], zone: tzinfo) -> Table:
    rows = []
    for one in found:
        now, before = one.figures, one.before
        rows.append(
            (
                one.delivery,
                one.name,
                one.started_at.astimezone(zone).date() if one.started_at else None,
                now.target,
                now.excluded,
                share_of(now.excluded, now.target),
                before.excluded if before else None,
                now.excluded - before.excluded if before else None,
                share_of(before.excluded, before.target) if before else None,
            )
        )
    columns = (
        Column("delivery"),
        Column("name", Kind.TEXT),
        Column("day", Kind.DAY),
        Column("target"),
        Column("excluded"),
        Column("share", Kind.SHARE, "target"),
        Column("before"),
        Column("difference"),
        Column("share_before", Kind.SHARE, "target_before"),
    )
    return Table("deliveries", columns, rows)
