"""The reports of specification 08, from the sums that the job `aggregates` keeps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from rebond.core.growth import Growth
from rebond.services.errors import InputError, NotFoundError
from rebond.services.report_providers import complaints_report, providers_report
from rebond.services.report_quarantine import quarantine_report
from rebond.services.report_sending import bounce_summary, delivery_summary, exclusions_report
from rebond.services.report_shape import NamedReport, ReportAbout
from rebond.services.report_texts import qualification_report
from rebond.store.read.reports import Scope, summed_at

MOST_DAYS = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What a report is made with: the site's zone, its growth, and the names of all rules in force."""

    zone: tzinfo
    now: datetime
    growth: Growth
    rules: Callable[[], frozenset[str]]


_MADE: Mapping[str, Callable[[Scope, ReportAbout, Reporting], NamedReport]] = {
    "delivery-summary": lambda scope, about, with_: delivery_summary(scope, about, zone=with_.zone),
    "bounce-summary": lambda scope, about, with_: bounce_summary(scope, about, zone=with_.zone),
    "exclusions": lambda scope, about, with_: exclusions_report(scope, about, zone=with_.zone),
    "quarantine": lambda scope, about, with_: quarantine_report(scope, about, zone=with_.zone, growth=with_.growth),
    "providers": lambda scope, about, with_: providers_report(scope, about),
    "qualification": lambda scope, about, with_: qualification_report(
        scope, about, zone=with_.zone, now=with_.now, rules=with_.rules()
    ),
    "complaints": lambda scope, about, with_: complaints_report(scope, about),
}
REPORTS = tuple(_MADE)


def make_report(name: str, about: ReportAbout, *, reporting: Reporting) -> NamedReport:
    """Make a report; NotFoundError for a name that none has, InputError for a period that cannot be."""
    if name not in _MADE:
        raise NotFoundError(f"there is no report {name!r}: known are {', '.join(REPORTS)}")
    if about.until < about.since:
        raise InputError(f"the period ends ({about.until}) before it begins ({about.since})")
    if not (about.since >= _FIRST and about.until <= _LAST):
        raise InputError(f"a report's days lie between {_FIRST} and {_LAST}")
    if (about.until - about.since).days > MOST_DAYS:
        raise InputError(f"the period has over {MOST_DAYS} days: ask for less at a time")
    scope = Scope(
        since=_midnight(about.since, reporting.zone),
        until=_midnight(about.until + timedelta(days=1), reporting.zone),
        channel=about.channel,
        delivery=about.delivery,
        provider=about.provider,
    )
    made = _MADE[name](scope, about, reporting)
    return NamedReport(name=name, about=about, as_of=summed_at(), tables=made.tables, drawings=made.drawings)


# Far from the ends of the calendar, where a zone or the next day would lead beyond them.
_FIRST, _LAST = date(1900, 1, 1), date(9000, 12, 31)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
