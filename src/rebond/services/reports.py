"""The reports of specification 08, from the sums that the job `aggregates` keeps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo

from rebond.core.growth import Growth
from rebond.core.said import said
from rebond.core.words import Channel, Owner
from rebond.services.errors import InputError, NotFoundError
from rebond.services.report_exclusions import exclusions_report
from rebond.services.report_opt_in import opt_in_report
from rebond.services.report_providers import complaints_report, providers_report
from rebond.services.report_quarantine import quarantine_report
from rebond.services.report_sending import bounce_summary, delivery_summary
from rebond.services.report_shape import Filter, NamedReport, ReportAbout
from rebond.services.report_texts import qualification_report
from rebond.services.report_words import report_unfiltered
from rebond.store.read.facts import NO_GAPS, Gaps, Scope, gaps, service_known
from rebond.store.read.reports import delivery_began, summed_at, unplaced_changes

MOST_DAYS = 800
DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What a report is made with: the site's zone, its growth, and the names of all rules in force.

    `counting_owners`: whose failures count against an address, by the site's policy.
    """

    zone: tzinfo
    now: datetime
    growth: Growth
    rules: Callable[[], frozenset[str]]
    counting_owners: frozenset[Owner] = frozenset(Owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    make: Callable[[Scope, ReportAbout, Reporting], NamedReport]
    filters: frozenset[Filter] = field(default_factory=lambda: frozenset(Filter))


_BY_CHANNEL = frozenset({Filter.CHANNEL})
_MADE: Mapping[str, _Maker] = {
    "delivery-summary": _Maker(make=lambda scope, about, with_: delivery_summary(scope, about, zone=with_.zone)),
    "bounce-summary": _Maker(
        make=lambda scope, about, with_: bounce_summary(
            scope, about, zone=with_.zone, counting_owners=with_.counting_owners
        )
    ),
    "exclusions": _Maker(make=lambda scope, about, with_: exclusions_report(scope, about, zone=with_.zone)),
    "quarantine": _Maker(
        make=lambda scope, about, with_: quarantine_report(scope, about, zone=with_.zone, growth=with_.growth),
        filters=_BY_CHANNEL,
    ),
    "providers": _Maker(make=lambda scope, about, with_: providers_report(scope, about, now=with_.now)),
    "qualification": _Maker(
        make=lambda scope, about, with_: qualification_report(
            scope, about, zone=with_.zone, now=with_.now, rules=with_.rules()
        ),
        filters=_BY_CHANNEL,
    ),
    "double-opt-in": _Maker(
        make=lambda scope, about, with_: opt_in_report(scope, about, zone=with_.zone, now=with_.now),
        filters=frozenset(),
    ),
    "complaints": _Maker(make=lambda scope, about, with_: complaints_report(scope, about)),
}
REPORTS = tuple(_MADE)


def filters_of(name: str) -> frozenset[Filter]:
    """Tell what a report can be filtered by beside its period; NotFoundError for a name that none has."""
    return _maker(name).filters


def about_of(
    *,
    reporting: Reporting,
    since: date | None = None,
    until: date | None = None,
    channel: Channel | None = None,
    delivery: int | None = None,
    service: int | None = None,
    provider: str = "",
    domain: str = "",
) -> ReportAbout:
    """Fill in the period that is not told: 30 days up to today; of one delivery, from the day on which it began."""
    last = until or reporting.now.astimezone(reporting.zone).date()
    began = delivery_began(delivery) if delivery is not None and since is None else None
    first = since or (began.astimezone(reporting.zone).date() if began else _before(last))
    if began and until is None:
        last = min(last, first + timedelta(days=MOST_DAYS))
    return ReportAbout(
        since=min(first, last) if began else first,
        until=last,
        channel=channel,
        delivery=delivery,
        service=service,
        provider=provider,
        domain=domain.strip().lower().lstrip("@").rstrip("."),
    )


def _before(last: date) -> date:
    try:
        return last - timedelta(days=DAYS - 1)
    except OverflowError:
        return date.min


def make_report(name: str, about: ReportAbout, *, reporting: Reporting) -> NamedReport:
    """Make a report; NotFoundError for a name that none has.

    InputError for a period that cannot be, and for a filter that the report does not know.
    """
    maker = _maker(name)
    _check(name, maker, about)
    scope = Scope(
        since=_midnight(about.since, reporting.zone),
        until=_midnight(about.until + timedelta(days=1), reporting.zone),
        channel=about.channel,
        delivery=about.delivery,
        service=about.service,
        provider=about.provider,
        domain=about.domain,
    )
    made = maker.make(scope, about, reporting)
    return replace(made, name=name, about=about, as_of=summed_at(), gaps=_gaps(scope))


def _gaps(scope: Scope) -> Gaps:
    return replace(gaps(scope), unplaced=unplaced_changes(scope)) if scope.narrow else NO_GAPS


def _maker(name: str) -> _Maker:
    if name not in _MADE:
        raise NotFoundError(said("there is no report {name!r}: known are {known}", name=name, known=REPORTS))
    return _MADE[name]


def _check(name: str, maker: _Maker, about: ReportAbout) -> None:
    if about.until < about.since:
        raise InputError(
            said("the period ends ({until}) before it begins ({since})", until=about.until, since=about.since)
        )
    if not (about.since >= _FIRST and about.until <= _LAST):
        raise InputError(said("a report's days lie between {first} and {last}", first=_FIRST, last=_LAST))
    if (about.until - about.since).days > MOST_DAYS:
        raise InputError(said("the period has over {days} days: ask for less at a time", days=MOST_DAYS))
    for one in about.filters():
        if one not in maker.filters:
            raise InputError(
                said(
                    "the report {name!r} cannot be filtered by {filter}: {why}",
                    name=name,
                    filter=one,
                    why=report_unfiltered(name, language="en"),
                )
            )
    if about.service is not None and not service_known(about.service):
        raise InputError(said("there is no service {number}, and no delivery went to one", number=about.service))
    if about.domain and about.channel not in (None, Channel.EMAIL):
        raise InputError(
            said("only email has domains: leave out the domain, or the channel {channel}", channel=about.channel)
        )


# Far from the ends of the calendar, where a zone or the next day would lead beyond them.
_FIRST, _LAST = date(1900, 1, 1), date(9000, 12, 31)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
