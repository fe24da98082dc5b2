"""A delivery's numbers as drawings."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext, pgettext

from rebond.console.charts import Chart, Series, lines, share_bar
from rebond.core.words import SendingFact
from rebond.store.read.deliveries import ListedDelivery
from rebond.store.read.delivery_sums import Hour

_FIRST_DAYS = timedelta(days=7)
_FINE = timedelta(hours=48)
_HOUR = timedelta(hours=1)


def progress_bar(row: ListedDelivery) -> SafeString:
    """What became of a delivery's target, as shares of it."""
    parts = (
        (gettext("Reached"), row.reached, 3),
        (gettext("Returned"), row.returned, 5),
        (gettext("Failed"), row.failed + row.production_errors, 2),
        (gettext("Pending"), row.pending, 1),
        (gettext("Cancelled"), row.cancelled, 6),
        (gettext("Excluded"), row.excluded, 4),
    )
    return share_bar([part for part in parts if part[1]], of=row.target)


def curves(hours: Sequence[Hour]) -> tuple[SafeString, ...]:
    """Draw what was taken, and what failed, since the first moment; nothing when nothing happened yet."""
    drawn = [hour for hour in hours if not hour.late]
    if not drawn:
        return ()
    places = _places(drawn)
    how = pgettext("how a chart writes a time", "j M H:i")
    labels = [date_format(localtime(at), how) for at in places]

    def total(kind: SendingFact) -> list[float]:
        return [sum(hour.number for hour in drawn if hour.kind is kind and hour.at < at) for at in places]

    delivered = Series(gettext("Delivered"), total(SendingFact.DELIVERED), tone=3)
    errors = (
        Series(gettext("Failed while sending"), total(SendingFact.FAILED), tone=2),
        Series(gettext("Returned after delivery"), total(SendingFact.RETURNED), tone=5),
    )
    of = gettext("Until")
    return (
        lines(Chart(title=gettext("Delivered so far"), of=of, labels=labels, series=(delivered,))),
        lines(Chart(title=gettext("Errors so far"), of=of, labels=labels, series=errors)),
    )


def late_returns(hours: Sequence[Hour]) -> int:
    """How many came back after the first seven days."""
    return sum(hour.number for hour in hours if hour.late and hour.kind is SendingFact.RETURNED)


def _places(hours: Sequence[Hour]) -> list[datetime]:
    """The moments that are drawn: each hour at first, each six hours when it went on for longer."""
    first, last = hours[0].at, min(hours[-1].at, hours[0].at + _FIRST_DAYS)
    step = _HOUR if last - first <= _FINE else 6 * _HOUR
    places = [first]
    while places[-1] <= last:
        places.append(places[-1] + step)
    return places
