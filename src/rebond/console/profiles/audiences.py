"""Lists and services: how many are on them, and single profiles put on or taken off."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rebond.console.profiles.views import asked, to_profile
from rebond.core.permissions import Operation
from rebond.services import audiences
from rebond.services.access import require
from rebond.services.errors import InputError
from rebond.web.access import operation, person_of
from rebond.web.current import now
from rebond.web.language import spoken


@operation(Operation.READ_PROFILES)
@require_http_methods(["GET", "POST"])
def lists(request: HttpRequest) -> HttpResponse:
    """List the lists, and make one."""
    return _page(request, kind="list")


@operation(Operation.READ_PROFILES)
@require_http_methods(["GET", "POST"])
def services(request: HttpRequest) -> HttpResponse:
    """List the services, and make one."""
    return _page(request, kind="service")


def _page(request: HttpRequest, *, kind: str) -> HttpResponse:
    context: dict[str, Any] = {"kind": kind, "name": ""}
    status = 200
    if request.method == "POST":
        require(person_of(request), Operation.WRITE_PROFILES)
        context["name"] = asked(request, "name")
        create = audiences.create_list if kind == "list" else audiences.create_service
        try:
            create(context["name"], now=now(), actor=person_of(request).name)
        except InputError as error:
            context["problem"], status = spoken(error), 422
        else:
            messages.success(request, _("The list is made.") if kind == "list" else _("The service is made."))
            return redirect(f"{kind}_list")
    context["rows"] = audiences.list_lists() if kind == "list" else audiences.list_services()
    return render(request, "console/profiles/audiences.html", context, status=status)


def chosen(request: HttpRequest) -> int:
    """The number of the list or service that was chosen; 0, which none has, when it is no number."""
    text = asked(request, "number")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@operation(Operation.WRITE_PROFILES)
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Put a profile on a list, or take it off."""
    external_id, on = asked(request, "id"), asked(request, "on") == "1"
    audiences.change_list(chosen(request), external_id, on=on, now=now(), actor=person_of(request).name)
    messages.success(request, _("The profile is on the list.") if on else _("The profile is off the list."))
    return to_profile(external_id)


@operation(Operation.WRITE_PROFILES)
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Subscribe a profile to a service, or end that."""
    external_id, on = asked(request, "id"), asked(request, "on") == "1"
    do = audiences.subscribe if on else audiences.unsubscribe
    do(chosen(request), external_id, now=now(), actor=person_of(request).name)
    messages.success(request, _("The profile is subscribed.") if on else _("The subscription is ended."))
    return to_profile(external_id)


@operation(Operation.WRITE_PROFILES)
@require_POST
def remove_list(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a list."""
    audiences.delete_list(number, now=now(), actor=person_of(request).name)
    messages.success(request, _("The list is deleted; its people stay."))
    return redirect("list_list")


@operation(Operation.WRITE_PROFILES)
@require_POST
def remove_service(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a service."""
    audiences.delete_service(number, now=now(), actor=person_of(request).name)
    messages.success(request, _("The service is deleted; its people stay."))
    return redirect("service_list")
