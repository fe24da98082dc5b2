"""The menu: each page once, shown to those who may open it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rebond.core.permissions import Operation
from rebond.services.access import Person


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu: the name of its address, and what opening it takes. `under`: prefix of its pages' names."""

    page: str
    title: str | Promise
    operation: Operation
    under: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str | Promise
    entries: tuple[Entry, ...]


MENU = (
    Section(
        "",
        (
            Entry("home", _("Home"), Operation.READ),
            Entry("alert_list", _("Alerts"), Operation.READ, under="alert_"),
        ),
    ),
    Section(
        _("Sending"),
        (
            Entry("delivery_list", _("Deliveries"), Operation.READ_DELIVERIES, under="delivery_"),
            Entry("template_list", _("Templates"), Operation.READ_DELIVERIES, under="template_"),
        ),
    ),
    Section(
        _("People"),
        (
            Entry("profile_list", _("Profiles"), Operation.READ_PROFILES, under="profile_"),
            Entry("segment_list", _("Segments"), Operation.READ_PROFILES, under="segment_"),
            Entry("list_list", _("Lists"), Operation.READ_PROFILES, under="list_"),
            Entry("service_list", _("Services"), Operation.READ_PROFILES, under="service_"),
            Entry("landing_list", _("Landing pages"), Operation.READ_LANDING, under="landing_"),
        ),
    ),
    Section(
        _("Quarantine"),
        (
            Entry("quarantine_list", _("Addresses"), Operation.READ_QUARANTINE, under="quarantine_"),
            Entry(
                "qualification_list",
                _("Message qualification"),
                Operation.READ_QUALIFICATIONS,
                under="qualification_",
            ),
            Entry("returns_list", _("Returns"), Operation.READ_RETURNS, under="returns_"),
        ),
    ),
    Section(_("Reports"), (Entry("report_list", _("Reports"), Operation.READ_REPORTS, under="report_"),)),
    Section(
        _("Administration"),
        (
            Entry("rules_list", _("Email processing rules"), Operation.READ_RULES, under="rules_"),
            Entry("key_list", _("API keys"), Operation.MANAGE_KEYS, under="key_"),
            Entry("webhook_list", _("Webhooks"), Operation.MANAGE_WEBHOOKS, under="webhook_"),
            Entry("job_list", _("Technical jobs"), Operation.READ_JOBS, under="job_"),
            Entry("transport_list", _("Transports and intake"), Operation.READ_SETTINGS, under="transport_"),
            Entry("people_list", _("Users"), Operation.MANAGE_PEOPLE, under="people_"),
            Entry("audit_list", _("Audit trail"), Operation.READ_AUDIT, under="audit_"),
            Entry("settings_show", _("Settings"), Operation.READ_SETTINGS, under="settings_"),
        ),
    ),
)


def menu_for(person: Person) -> Iterator[Section]:
    """The sections with the pages that this person may open; none is empty."""
    for section in MENU:
        entries = tuple(entry for entry in section.entries if person.may(entry.operation))
        if entries:
            yield Section(section.title, entries)
