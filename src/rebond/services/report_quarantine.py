"""The report of the quarantine: its size, what enters and leaves it, and how it grows beside what is expected."""

from collections import defaultdict
from datetime import date, timedelta, tzinfo
from itertools import groupby

from rebond.core.growth import Growth, expected_share
from rebond.core.words import AddressStatus, Reason
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, ReportAbout, Table
from rebond.store.read.facts import Scope
from rebond.store.read.reports import Size, first_delivery_at, sizes, status_changes

_OUT = frozenset({AddressStatus.QUARANTINED.value, AddressStatus.DENYLISTED.value})
_DAYS_A_YEAR = 365.25
# A base that grows by so much faster or slower than expected is worth a look.
MUCH = 2.0


def quarantine_report(scope: Scope, about: ReportAbout, *, zone: tzinfo, growth: Growth) -> NamedReport:
    """Report on the quarantine of a period, from its size at the end of each day."""
    found = sizes(since=about.since, until=about.until, channel=about.channel)
    return NamedReport(
        name="quarantine",
        about=about,
        as_of=None,
        tables=(
            _size(found),
            _movement(scope, about, zone=zone),
            _daily(found),
            _growth(found, zone=zone, growth=growth),
        ),
        drawings=(
            Drawing(table="daily", x="day", series=("quarantined", "erroneous", "denylisted"), lines=True),
            Drawing(table="movement", x="day", series=("entries", "exits")),
            Drawing(table="growth", x="year", series=("expected", "actual"), lines=True),
        ),
    )


def _size(found: list[Size]) -> Table:
    """The last day's size by channel, status and reason."""
    last = found[-1].day if found else None
    rows = [
        (
            one.channel,
            AddressStatus(one.status),
            Reason(one.reason) if one.reason else None,
            *(one.number, one.recent, one.this_year, one.number - one.this_year, one.leaving),
        )
        for one in found
        if one.day == last and one.status
    ]
    columns = (
        Column("channel", Kind.WORD, "Channel"),
        Column("status", Kind.WORD, "AddressStatus"),
        Column("reason", Kind.WORD, "Reason"),
        *map(Column, ("number", "recent", "this_year", "older", "leaving")),
    )
    return Table("size", columns, sorted(rows, key=lambda row: -row[3]))


def _daily(found: list[Size]) -> Table:
    """The size at the end of each day by status."""
    rows = []
    for day, of_day in groupby(found, key=lambda one: one.day):
        numbers: dict[str, int] = defaultdict(int)
        for one in of_day:
            numbers[one.status] += one.number
        rows.append((day, *(numbers[status.value] for status in _SHOWN)))
    return Table("daily", (Column("day", Kind.DAY), *(Column(status.value) for status in _SHOWN)), rows)


_SHOWN = (AddressStatus.QUARANTINED, AddressStatus.ERRONEOUS, AddressStatus.DENYLISTED, AddressStatus.ALLOWLISTED)


def _movement(scope: Scope, about: ReportAbout, *, zone: tzinfo) -> Table:
    """How many addresses were kept out from that day on, and how many were let in again."""
    span = range((about.until - about.since).days + 1)
    days: dict[date, list[int]] = {about.since + timedelta(days=number): [0, 0] for number in span}
    for one in status_changes(scope):
        entered, left = one.after in _OUT, one.before in _OUT
        day = days.get(one.hour.astimezone(zone).date()) if entered is not left else None
        if day is not None:
            day[0 if entered else 1] += one.number
    rows = [(day, entries, exits) for day, (entries, exits) in days.items()]
    return Table("movement", (Column("day", Kind.DAY), Column("entries"), Column("exits")), rows)


def _growth(found: list[Size], *, zone: tzinfo, growth: Growth) -> Table:
    """The share of all addresses that is in quarantine beside the reference estimate, year by year of this site."""
    first = first_delivery_at()
    last = found[-1] if found else None
    now = [one for one in found if last and one.day == last.day]
    base = sum(one.number for one in now if not one.status)
    out = sum(one.number for one in now if one.status == AddressStatus.QUARANTINED)
    age = (last.day - first.astimezone(zone).date()).days / _DAYS_A_YEAR if first and last else 0.0
    this_year = max(1, int(age) + 1)
    expected = expected_share(growth, years=max(2, this_year))
    actual = out / base if base else None
    rows = [
        (year, share, actual if year == this_year else None, _pace(actual, share) if year == this_year else "")
        for year, share in enumerate(expected, start=1)
    ]
    columns = (
        Column("year"),
        Column("expected", Kind.SHARE, "addresses"),
        Column("actual", Kind.SHARE, "addresses"),
        Column("pace", Kind.WORD, "Pace"),
    )
    return Table("growth", columns, rows)


def _pace(actual: float | None, expected: float) -> str:
    if actual is None:
        return ""
    if actual > expected * MUCH:
        return "faster"
    return "slower" if actual < expected / MUCH else "expected"
