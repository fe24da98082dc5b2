"""What goes together of type, reason and cause, as a part of a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.console.rules.verdicts import VerdictForm, fitting
from rebond.core.permissions import Operation
from rebond.web.access import operation


@operation(Operation.READ_RULES)
def verdict(request: HttpRequest) -> HttpResponse:
    """Offer what goes with what was chosen."""
    given = {name: request.GET.get(name, "") for name in ("reason", "cause")}
    # Another reason brings its own type.
    kind = "" if request.headers.get("HX-Trigger-Name") == "reason" else request.GET.get("type", "")
    fits = fitting(kind=kind, **given, channel=request.GET.get("channel", "email"))
    initial = {"type": fits.type.value, "reason": fits.reason.value, "cause": fits.cause.value}
    form = VerdictForm(initial=initial, channel=fits.channel)
    return render(request, "console/rules/verdict_part.html", {"form": form})
