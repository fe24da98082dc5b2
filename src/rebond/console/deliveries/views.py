"""The list of deliveries, and one delivery at a glance."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.console.deliveries.curves import curves, late_returns, progress_bar
from rebond.console.deliveries.failing import grouped
from rebond.console.deliveries.forms import DeliveryFilters
from rebond.console.deliveries.paging import place
from rebond.console.deliveries.settings_form import duration_text, retries_text
from rebond.core.message import DeliveryAction
from rebond.core.permissions import Operation
from rebond.core.words import DeliveryStatus, ErrorFamily
from rebond.services.dashboard import Overview, dashboard, overview
from rebond.services.dashboard import failures as failures_of
from rebond.services.errors import NotFoundError
from rebond.services.preview import preview
from rebond.services.report import page_of_deliveries
from rebond.store.read.deliveries import DeliveryFilter
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken

_GOING = (DeliveryStatus.PREPARING, DeliveryStatus.SCHEDULED, DeliveryStatus.SENDING, DeliveryStatus.PAUSED)


def about(found: Overview, *, tab: str) -> dict[str, Any]:
    """What the head of a delivery's pages shows."""
    return {
        "tab": tab,
        "delivery": found.delivery,
        "report": found.report,
        "can": {action.value: action in found.actions for action in DeliveryAction},
        "live": found.delivery.status in _GOING or found.reading,
        "aimed": found.aimed,
        "upload": found.upload,
        "reading": found.reading,
        "state": f"{found.delivery.status}{'+file' if found.reading else ''}",
        "done": None if found.done is None else round(found.done * 100),
        "stalled": found.stalled,
        "spoiled": found.spoiled,
        "unbuildable": found.unbuildable,
        "stale": found.stale,
        "stopped": found.stopped,
        "unprepared": found.unprepared,
    }


@operation(Operation.READ_DELIVERIES)
def list_all(request: HttpRequest) -> HttpResponse:
    """List the deliveries, newest first."""
    form = DeliveryFilters(request.GET)
    since, until = form.period()
    wanted = DeliveryFilter(
        status=form.wanted("status", DeliveryStatus), name=form.text("name"), since=since, until=until
    )
    page = page_of_deliveries(wanted, before=place(request, "before"))
    rows = [(row, progress_bar(row)) for row in page.rows]
    context = {"form": form, "rows": rows, "next": page.next, "filtered": wanted != DeliveryFilter()}
    return render(request, "console/deliveries/list.html", context)


@operation(Operation.READ_DELIVERIES)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show one delivery at a glance."""
    board = dashboard(number, now=now())
    families, delivery = board.overview.report.families, board.overview.delivery
    context = {
        **about(board.overview, tab="summary"),
        "families": [(family, families[family]) for family in ErrorFamily],
        "board": board,
        "curves": curves(board.hours),
        "late": late_returns(board.hours),
        "problems": current_site().content.check(delivery) if delivery.started_at is None else None,
    }
    return render(request, "console/deliveries/show.html", context)


@operation(Operation.READ_DELIVERIES)
def live(request: HttpRequest, number: int) -> HttpResponse:
    """Give the figures of a delivery that moves; when its state has changed, the whole page is wanted."""
    found = overview(number, now=now())
    context = about(found, tab="summary")
    response = render(request, "console/deliveries/figures.html", context)
    if request.GET.get("was") != context["state"]:
        response["HX-Refresh"] = "true"
    return response


@operation(Operation.READ_DELIVERIES)
def content(request: HttpRequest, number: int) -> HttpResponse:
    """Show a delivery's content: its source, what a check says, and how it is for one profile."""
    return render(request, "console/deliveries/content.html", content_of(request, number, request.GET))


def content_of(request: HttpRequest, number: int, asked: Mapping[str, str]) -> dict[str, Any]:
    """Gather what the page of a delivery's content shows."""
    found = overview(number, now=now())
    of = current_site().content
    profile, problem, shown = asked.get("profile", "").strip()[:255].replace("\0", ""), "", None
    if person_of(request).may(Operation.READ_PROFILES):
        try:
            shown = preview(number, profile, content=of)
        except NotFoundError as error:
            problem = spoken(error)
    return {
        **about(found, tab="content"),
        "problems": of.check(found.delivery),
        "validity": duration_text(found.delivery.validity),
        "retries": retries_text(found.delivery.retries),
        "shown": shown,
        "problem": problem,
        "profile": profile or (shown.profile if shown else ""),
    }


@operation(Operation.READ_DELIVERIES)
def failures(request: HttpRequest, number: int) -> HttpResponse:
    """Show why messages of a delivery failed or came back."""
    found = failures_of(number, now=now())
    context = {**about(found.overview, tab="failures"), "summed_at": found.summed_at, **grouped(found.sums)}
    return render(request, "console/deliveries/failures.html", context)
