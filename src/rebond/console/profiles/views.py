"""Profiles: a page of them, one of them, and their opt-outs."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rebond.console.deliveries.paging import place
from rebond.console.exports import csv_form, give_file
from rebond.console.words import word
from rebond.core.permissions import Operation
from rebond.core.words import Channel
from rebond.services.audiences import list_lists, list_services
from rebond.services.csv_cells import in_parts
from rebond.services.denylist_profile import ALL, allow_profile, denylist_profile
from rebond.services.errors import InputError, RefusedError
from rebond.services.export_people import export_people
from rebond.services.people_pages import page_of_profiles, whole_profile
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken

_MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


def _channel(value: str) -> str:
    return _("All channels") if value == ALL else word(Channel(value))


def asked(request: HttpRequest, name: str) -> str:
    """What a form gives, without what no database keeps."""
    given = request.POST if request.method == "POST" else request.GET
    return given.get(name, "").replace("\0", "").strip()[:2000]


def to_profile(external_id: str) -> HttpResponse:
    """Go to a profile's page."""
    return redirect(f"{reverse('profile_show')}?{urlencode({'id': external_id})}")


@operation(Operation.READ_PROFILES)
def list_all(request: HttpRequest) -> HttpResponse:
    """List profiles, the newest first, or those of an id or an address."""
    config, who = current_site().config, asked(request, "who")
    page = page_of_profiles(
        who,
        region=config.site.default_region,
        allow_undotted=config.email.allow_undotted,
        before=place(request, "before"),
    )
    return render(request, "console/profiles/list.html", {"page": page, "who": who})


@operation(Operation.READ_PROFILES)
def show(request: HttpRequest) -> HttpResponse:
    """Show all that is known of a profile."""
    whole = whole_profile(asked(request, "id"))
    row, states = whole.shown.profile, whole.shown.states
    context = {
        "whole": whole,
        "profile": row,
        "addresses": [(address, states.get(address.channel)) for address in row.addresses],
        "denials": [(denial, _channel(denial.channel)) for denial in row.denials],
        "channels": [(value, _channel(value)) for value in (*(one.value for one in Channel), ALL)],
        "lists": [one for one in list_lists() if one.id not in {on.id for on in whole.lists}],
        "services": [one for one in list_services() if one.id not in {to.id for to in whole.subscriptions}],
    }
    return render(request, "console/profiles/show.html", context)


@operation(Operation.WRITE_PROFILES)
@require_POST
def deny(request: HttpRequest) -> HttpResponse:
    """Opt a profile out of a channel, or of all."""
    external_id, channel = asked(request, "id"), asked(request, "channel")
    actor = person_of(request).name
    new = denylist_profile(external_id, channel=channel, now=now(), actor=actor, because=asked(request, "because"))
    messages.success(request, _("The profile is opted out.") if new else _("It was opted out already."))
    return to_profile(external_id)


@operation(Operation.WRITE_PROFILES)
@require_POST
def allow(request: HttpRequest) -> HttpResponse:
    """Take an opt-out back, with a reason."""
    external_id, channel = asked(request, "id"), asked(request, "channel")
    actor = person_of(request).name
    try:
        allow_profile(external_id, channel=channel, now=now(), actor=actor, because=asked(request, "because"))
    except (InputError, RefusedError) as error:
        messages.error(request, spoken(error))
    else:
        messages.success(request, _("The opt-out is taken back."))
    return to_profile(external_id)


@operation(Operation.READ_PROFILES)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Give all profiles as a file, as it is read."""
    kind = asked(request, "as") or "jsonl"
    parts = in_parts(export_people(kind=kind, form=csv_form(request)))
    return give_file(parts, name=f"profiles.{kind}", kind=_MEDIA_TYPES.get(kind, "text/plain"))
