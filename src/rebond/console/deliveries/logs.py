"""A delivery's sending log and exclusion log."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.console.deliveries.forms import RETURNED, ExclusionFilters, MessageFilters
from rebond.console.deliveries.paging import place
from rebond.console.deliveries.views import about
from rebond.core.permissions import Operation
from rebond.core.words import ExclusionCause, MessageStatus, Reason
from rebond.services.delivery_logs import Who, page_of_exclusions, page_of_messages
from rebond.web.access import operation
from rebond.web.current import current_site, now


@operation(Operation.READ_DELIVERIES)
def messages(request: HttpRequest, number: int) -> HttpResponse:
    """Show a page of the sending log."""
    form = MessageFilters(request.GET)
    returned = form.text("status") == RETURNED
    found = page_of_messages(
        number,
        now=now(),
        status=None if returned else form.wanted("status", MessageStatus),
        returned=returned,
        reason=form.wanted("reason", Reason),
        provider=form.text("provider"),
        who=_who(form.text("who")),
        after=place(request, "after") or 0,
    )
    return render(
        request,
        "console/deliveries/messages.html",
        {
            **about(found.overview, tab="messages"),
            "form": form,
            "page": found.page,
            "filtered": any(form.text(name) for name in form.fields),
        },
    )


@operation(Operation.READ_DELIVERIES)
def exclusions(request: HttpRequest, number: int) -> HttpResponse:
    """Show a page of the exclusion log."""
    form = ExclusionFilters(request.GET)
    found = page_of_exclusions(
        number,
        now=now(),
        reason=form.wanted("reason", Reason),
        cause=form.wanted("cause", ExclusionCause),
        who=_who(form.text("who")),
        after=place(request, "after") or 0,
    )
    return render(
        request,
        "console/deliveries/exclusions.html",
        {
            **about(found.overview, tab="exclusions"),
            "form": form,
            "page": found.page,
            "filtered": any(form.text(name) for name in form.fields),
        },
    )


def _who(text: str) -> Who | None:
    site = current_site().config
    if not text:
        return None
    return Who(text=text, region=site.site.default_region, allow_undotted=site.email.allow_undotted)
