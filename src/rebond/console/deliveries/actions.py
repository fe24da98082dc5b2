"""What people do to a delivery: prepare, send, pause, resume, cancel; each says in numbers what it comes to.

What takes long is written down and left to a worker.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rebond.console.deliveries.views import about
from rebond.core.message import DeliveryAction
from rebond.core.permissions import Operation
from rebond.jobs import ask
from rebond.services.dashboard import overview
from rebond.services.deliveries import cancel_delivery, pause_delivery, resume_delivery
from rebond.services.prepare import begin_preparing, warnings_about
from rebond.services.send import begin_sending
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now

# What a request cancels by itself; the rest is a worker's.
_BATCHES = 5


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def prepare(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for a preparation; one that replaces an earlier one is confirmed."""
    if request.method == "GET":
        return _confirm(request, number, DeliveryAction.PREPARE)
    begin_preparing(number, now=now(), actor=person_of(request).name)
    ask("prepare", delivery=number)
    return _told(request, number, _("The preparation has begun. Nothing is sent."))


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def send(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for the sending, once it was confirmed."""
    if request.method == "GET":
        return _confirm(request, number, DeliveryAction.SEND)
    begin_sending(number, now=now(), actor=person_of(request).name)
    ask("send", delivery=number)
    return _told(request, number, _("The sending has begun."))


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """End a delivery for good, once it was confirmed."""
    if request.method == "GET":
        return _confirm(request, number, DeliveryAction.CANCEL)
    cancel_delivery(number, now=now(), actor=person_of(request).name, most=_BATCHES)
    ask("cancel")
    return _told(request, number, _("The delivery is cancelled: nothing more of it is sent."))


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def pause(request: HttpRequest, number: int) -> HttpResponse:
    """Stop handing over."""
    pause_delivery(number, now=now(), actor=person_of(request).name)
    return _told(request, number, _("Paused: what is being handed over at this moment ends, nothing else begins."))


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def resume(request: HttpRequest, number: int) -> HttpResponse:
    """Let a paused delivery go on."""
    resume_delivery(number, now=now(), actor=person_of(request).name)
    ask("send", delivery=number)
    return _told(request, number, _("The sending goes on."))


def _confirm(request: HttpRequest, number: int, action: DeliveryAction) -> HttpResponse:
    found = overview(number, now=now())
    site, sends = current_site(), action is DeliveryAction.SEND
    context: dict[str, Any] = {
        **about(found, tab=""),
        "action": action.value,
        "allowed": action in found.actions,
        "problems": site.content.check(found.delivery),
        "warnings": warnings_about(found.delivery, found.report.counts, policy=site.policy) if sends else (),
        "ends_at": now() + found.delivery.validity,
    }
    return render(request, "console/deliveries/confirm.html", context)


def _told(request: HttpRequest, number: int, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("delivery_show", number)
