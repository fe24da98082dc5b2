"""The list of deliveries, and one delivery at a glance."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.console.deliveries.curves import curves, late_returns, progress_bar
from rebond.console.deliveries.failing import grouped
from rebond.console.deliveries.forms import DeliveryFilters
from rebond.console.deliveries.paging import place
from rebond.core.permissions import Operation
from rebond.core.words import DeliveryStatus, ErrorFamily
from rebond.services.dashboard import dashboard, overview
from rebond.services.dashboard import failures as failures_of
from rebond.services.report import page_of_deliveries
from rebond.store.read.deliveries import DeliveryFilter
from rebond.web.access import operation

GOING = (DeliveryStatus.PREPARING, DeliveryStatus.SENDING, DeliveryStatus.PAUSED)


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
    board = dashboard(number)
    context = {
        "tab": "summary",
        "delivery": board.delivery,
        "report": board.report,
        "live": board.delivery.status in GOING,
        "families": [(family, board.report.families[family]) for family in ErrorFamily],
        "board": board,
        "curves": curves(board.hours),
        "late": late_returns(board.hours),
    }
    return render(request, "console/deliveries/show.html", context)


@operation(Operation.READ_DELIVERIES)
def live(request: HttpRequest, number: int) -> HttpResponse:
    """Give the figures of a delivery that moves; when its state has changed, the whole page is wanted."""
    found = overview(number)
    context = {"delivery": found.delivery, "report": found.report, "live": found.delivery.status in GOING}
    response = render(request, "console/deliveries/figures.html", context)
    if request.GET.get("was") != found.delivery.status:
        response["HX-Refresh"] = "true"
    return response


@operation(Operation.READ_DELIVERIES)
def failures(request: HttpRequest, number: int) -> HttpResponse:
    """Show why messages of a delivery failed or came back."""
    found = failures_of(number)
    return render(
        request,
        "console/deliveries/failures.html",
        {
            "tab": "failures",
            "delivery": found.delivery,
            "report": found.report,
            "summed_at": found.summed_at,
            **grouped(found.sums),
        },
    )
