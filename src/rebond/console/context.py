"""What every page of the console knows."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from rebond.console.menu import Entry, Section, menu_for
from rebond.core.permissions import Operation
from rebond.services.access import Person
from rebond.store.read.home import count_waiting
from rebond.web.access import person_of


class Shown(NamedTuple):
    """An entry of the menu as a page shows it; `badge` counts what waits there."""

    entry: Entry
    current: bool
    badge: int


class May:
    """Whether the reader may do something: `may.quarantine_write` in a template is the operation of that name."""

    def __init__(self, person: Person) -> None:
        self._person = person

    def __getitem__(self, name: str) -> bool:
        return self._person.may(Operation(name.replace("_", ".")))


def console(request: HttpRequest) -> dict[str, Any]:
    """Django's context processor protocol."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    person = person_of(request)
    # Parts of a page draw no menu, and ask nothing for it.
    menu = SimpleLazyObject(lambda: _marked(person, request))
    return {"person": person, "may": May(person), "menu": menu}


def _marked(person: Person, request: HttpRequest) -> list[tuple[Section, list[Shown]]]:
    name = request.resolver_match.url_name if request.resolver_match else ""
    here = name or ""
    waiting = count_waiting()
    badges = {"qualification_list": waiting.texts, "alert_list": waiting.alerts}
    return [
        (section, [Shown(entry, _is_current(entry, here), badges.get(entry.page, 0)) for entry in section.entries])
        for section in menu_for(person)
    ]


def _is_current(entry: Entry, here: str) -> bool:
    return here == entry.page or bool(entry.under and here.startswith(entry.under))
