"""The open alerts and those that have ended; saying that one is taken care of."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from rebond.console.alerts.about import place_of
from rebond.core.permissions import Operation
from rebond.services.alerts import acknowledge as acknowledge_alert
from rebond.store.read.alerts import page_of_alerts
from rebond.web.access import operation, person_of
from rebond.web.current import now

PAGE = 50


@operation(Operation.READ)
def list_(request: HttpRequest) -> HttpResponse:
    """Show the alerts, the latest first."""
    ended = request.GET.get("ended") == "1"
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    found = page_of_alerts(ended=ended, before=before, limit=PAGE + 1)
    person = person_of(request)
    context = {
        "alerts": [(alert, place_of(alert, person)) for alert in found[:PAGE]],
        "further": found[PAGE - 1].number if len(found) > PAGE else None,
        "ended": ended,
        "here": request.get_full_path(),
    }
    return render(request, "console/alerts/list.html", context)


@require_POST
@operation(Operation.ACKNOWLEDGE_ALERTS)
def acknowledge(request: HttpRequest, number: int) -> HttpResponse:
    """Say that the reader has seen an alert and takes care of it; it ends when what it is about is settled."""
    because = request.POST.get("because", "")[:1000]
    acknowledge_alert(number, actor=person_of(request).name, now=now(), because=because)
    messages.success(request, gettext("You take care of it. The alert ends when what it is about is settled."))
    there = request.POST.get("next", "")
    return redirect(there if url_has_allowed_host_and_scheme(there, allowed_hosts=None) else "alert_list")
