"""The report of double opt-in: who asked, who confirmed, and how long that took."""

from collections import defaultdict
from dataclasses import fields
from datetime import date, datetime, timedelta, tzinfo

from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, ReportAbout, Table, share_of
from rebond.store.read.facts import Scope
from rebond.store.read.landing import page_names
from rebond.store.read.opt_in_figures import WAITS, Figures, figures_between


def opt_in_report(scope: Scope, about: ReportAbout, *, zone: tzinfo, now: datetime) -> NamedReport:
    """Report on the requests of a period, each on the day on which it came, whenever it was confirmed."""
    found = figures_between(scope.since, scope.until, now=now)
    days: dict[date, list[Figures]] = defaultdict(list)
    pages: dict[int, list[Figures]] = defaultdict(list)
    for one in found:
        days[one.hour.astimezone(zone).date()].append(one.figures)
        pages[one.page].append(one.figures)
    total = _sum([one.figures for one in found])
    return NamedReport(
        name="double-opt-in",
        about=about,
        as_of=None,
        tables=(_totals(total), _daily(about, days), _waiting(total), _by_page(pages)),
        drawings=(
            Drawing(table="by_day", x="day", series=("requested", "confirmed", "expired")),
            Drawing(table="time_to_confirm", x="waited", series=("number",)),
        ),
    )


def _sum(some: list[Figures]) -> Figures:
    return Figures(**{one.name: sum(getattr(each, one.name) for each in some) for one in fields(Figures)})


def _written(figures: Figures) -> int:
    """Those who get a mail: the others asked again, or may not be written to."""
    return figures.requested - figures.repeated - figures.refused


_FIGURES = (
    *map(Column, ("requested", "repeated", "not_written", "written", "confirmed")),
    Column("confirmed_share", Kind.SHARE, "written"),
    *map(Column, ("open", "expired")),
)


def _row(one: Figures) -> tuple[int | float | None, ...]:
    written = _written(one)
    share = share_of(one.confirmed, written)
    return (one.requested, one.repeated, one.refused, written, one.confirmed, share, one.open, one.expired)


def _totals(total: Figures) -> Table:
    mean = total.seconds / total.confirmed if total.confirmed else None
    columns = (*_FIGURES, Column("mean_wait", Kind.SECONDS))
    return Table("totals", columns, [(*_row(total), mean)])


def _daily(about: ReportAbout, days: dict[date, list[Figures]]) -> Table:
    span = [about.since + timedelta(days=number) for number in range((about.until - about.since).days + 1)]
    return Table("by_day", (Column("day", Kind.DAY), *_FIGURES), [(day, *_row(_sum(days[day]))) for day in span])


def _waiting(total: Figures) -> Table:
    numbers = {name: getattr(total, name) for name in WAITS}
    numbers["longer"] = total.confirmed - sum(numbers.values())
    columns = (Column("waited", Kind.WORD, "Waited"), Column("number"), Column("share", Kind.SHARE, "confirmed"))
    rows = [(name, number, share_of(number, total.confirmed)) for name, number in numbers.items()]
    return Table("time_to_confirm", columns, rows if total.confirmed else [])


def _by_page(pages: dict[int, list[Figures]]) -> Table:
    names = page_names(list(pages))
    rows = [(names.get(page, str(page)), *_row(_sum(some))) for page, some in pages.items()]
    return Table("by_page", (Column("page", Kind.TEXT), *_FIGURES), sorted(rows, key=lambda row: (-row[1], row[0])))
