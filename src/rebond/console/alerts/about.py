"""Where what an alert is about can be seen."""

from collections.abc import Mapping

from django.urls import NoReverseMatch, reverse

from rebond.core.permissions import Operation
from rebond.core.words import AlertKind
from rebond.services.access import Person
from rebond.store.read.alerts import AlertRow

_PAGES: Mapping[AlertKind, tuple[str, Operation]] = {
    AlertKind.UPDATE_FAILED: ("rules_packs", Operation.READ_RULES),
    AlertKind.UPDATE_HELD: ("rules_packs", Operation.READ_RULES),
    AlertKind.JOB_STALE: ("job_list", Operation.READ_JOBS),
    AlertKind.TRANSPORT_PAUSED: ("delivery_list", Operation.READ_DELIVERIES),
    AlertKind.DEAD_LETTERS: ("returns_mails", Operation.READ_RETURNS),
}


def place_of(alert: AlertRow, person: Person) -> str:
    """Return the address of the page; empty when there is none that this person may open."""
    if alert.kind is AlertKind.UNQUALIFIED_TEXT:
        return _page("qualification_show", alert.subject) if person.may(Operation.READ_QUALIFICATIONS) else ""
    if alert.kind in _PAGES:
        page, operation = _PAGES[alert.kind]
        return _page(page) if person.may(operation) else ""
    _, _, number = alert.name.partition("delivery:")
    if number.isascii() and number.isdigit() and person.may(Operation.READ_DELIVERIES):
        return _page("delivery_show", int(number))
    return ""


def _page(name: str, *arguments: int) -> str:
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:  # no such page in this console
        return ""
