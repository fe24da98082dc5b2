"""Quarantine › Addresses."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.console.quarantine.forms import FilterForm
from rebond.console.quarantine.lists import PAGE
from rebond.core.permissions import Operation
from rebond.core.words import StateOrder
from rebond.services.list_addresses import list_addresses
from rebond.store.read.saved_views import kept_views
from rebond.web.access import operation, person_of

_PAGE = 50


@operation(Operation.READ_QUARANTINE)
def addresses(request: HttpRequest) -> HttpResponse:
    """List the addresses that are not plainly valid, a page at a time."""
    form = FilterForm(request.GET)
    order = request.GET.get("sort", "")
    order = StateOrder(order) if order in set(StateOrder) else StateOrder.SINCE
    views = kept_views(person_of(request).name, page=PAGE)
    shown = {"form": form, "order": order, "views": views, "here": request.GET.urlencode()}
    if not form.is_valid():
        return render(request, "console/quarantine/list.html", shown, status=422)
    wanted = form.wanted()
    page = list_addresses(wanted=wanted, order=order, after=request.GET.get("after", ""), limit=_PAGE)
    shown |= {"page": page, "filtered": not wanted.empty, "later": bool(request.GET.get("after"))}
    return render(request, "console/quarantine/list.html", shown)
