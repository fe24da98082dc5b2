"""The first page."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from rebond.console.alerts.about import place_of
from rebond.console.charts import Chart, Series, lines, share_bar, stacked_bars
from rebond.console.words import said
from rebond.core.permissions import Operation
from rebond.jobs.names import AGGREGATES, CLEANUP, UPDATE
from rebond.services.home import Home, Trend
from rebond.services.home import home as gather
from rebond.store.read.home import RecentDelivery, count_some_outdated
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now

_KEPT = 300.0  # seconds: to look for outdated states is to look at all of them


@dataclass(slots=True)
class _Outdated:
    site: object = None
    number: int = 0
    until: float = 0.0


_outdated = _Outdated()


@operation(Operation.READ)
def home(request: HttpRequest) -> HttpResponse:
    """Show what needs the reader."""
    site, person = current_site(), person_of(request)
    found = gather(
        person,
        now=now(),
        zone=ZoneInfo(site.config.site.time_zone),
        queue=site.queue.now,
        jobs=(CLEANUP, UPDATE, AGGREGATES),
        outdated=_count_outdated,
    )
    latest = found.alerts.latest if found.alerts else ()
    context = {
        "home": found,
        "alerts": [(alert, place_of(alert, person)) for alert in latest],
        "deliveries": [(one, _bar(one)) for one in found.deliveries or ()],
        "quarantine": _quarantine(found),
        "returns": _returns(found),
    }
    return render(request, "console/home/home.html", context)


def _count_outdated() -> int:
    site = current_site()
    at = site.clock.monotonic()
    if _outdated.site is not site or at >= _outdated.until:
        _outdated.number = count_some_outdated(site.policy.digest)
        _outdated.site, _outdated.until = site, at + _KEPT
    return _outdated.number


def _bar(one: RecentDelivery) -> SafeString:
    parts = (
        (gettext("reached"), one.delivered - one.returned, 3),
        (gettext("returned"), one.returned, 5),
        (gettext("failed"), one.failed + one.production_errors, 2),
    )
    return share_bar(parts, of=one.messages)


def _quarantine(found: Home) -> SafeString | None:
    trend = found.quarantine
    if trend is None or not trend.values:
        return None
    return lines(_chart(trend, title=gettext("Addresses in quarantine"), kind="AddressStatus"))


def _returns(found: Home) -> SafeString | None:
    trend = found.returns
    if trend is None or not trend.values:
        return None
    return stacked_bars(_chart(trend, title=gettext("Messages that failed or came back"), kind="SendingFact"))


def _chart(trend: Trend, *, title: str, kind: str) -> Chart:
    tones = (2, 5) if len(trend.values) > 1 else (1,)
    series = [
        Series(said(kind, name), values, tone)
        for (name, values), tone in zip(trend.values.items(), tones, strict=False)
    ]
    how = pgettext("how a chart writes a day", "j M")
    labels = [date_format(day, how) for day in trend.days]
    return Chart(title=title, of=gettext("Day"), labels=labels, series=series)
