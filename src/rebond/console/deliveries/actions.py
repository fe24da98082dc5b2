"""What people do to a delivery: prepare, send, pause, resume, cancel; each says in numbers what it comes to.

What takes long is written down and left to a worker.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rebond.console.deliveries.views import about, content_of
from rebond.core.message import DeliveryAction
from rebond.core.permissions import Operation
from rebond.jobs import ask
from rebond.services.dashboard import overview
from rebond.services.deliveries import cancel_delivery, pause_delivery, resume_delivery
from rebond.services.errors import InputError, RefusedError
from rebond.services.prepare import begin_preparing, stop_preparing, warnings_about
from rebond.services.proof import addresses_in, send_proof
from rebond.services.schedule_delivery import schedule_delivery, unschedule_delivery
from rebond.services.send import begin_sending
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.errors import status_of
from rebond.web.language import spoken

# What a request cancels by itself; the rest is a worker's.
_BATCHES = 5


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def prepare(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for a preparation; one that replaces an earlier one is confirmed."""
    words = _("The preparation has begun. Nothing is sent.")
    return _do(request, number, begin_preparing, words, confirm=DeliveryAction.PREPARE, wakes={"prepare": number})


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def stop(request: HttpRequest, number: int) -> HttpResponse:
    """Stop a preparation."""
    return _do(request, number, stop_preparing, _("The preparation stops; it can go on from where it is."))


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def send(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for the sending, once it was confirmed."""
    words = _("The sending has begun.")
    return _do(request, number, begin_sending, words, confirm=DeliveryAction.SEND, wakes={"send": number})


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def proof(request: HttpRequest, number: int) -> HttpResponse:
    """Send one profile's message to addresses that the person chose."""
    site, typed = current_site(), request.POST.get("to", "")[:4000]
    profile = request.POST.get("profile", "").strip()[:255].replace("\0", "")
    try:
        sent = send_proof(
            number,
            addresses_in(typed),
            external_id=profile,
            content=site.content,
            sender=site.smtp_sender,
            now=now(),
            actor=person_of(request).name,
            allow_undotted=site.config.email.allow_undotted,
        )
    except (InputError, RefusedError) as error:
        context = {**content_of(request, number, {"profile": profile}), "to": typed, "proof_problem": spoken(error)}
        return render(request, "console/deliveries/content.html", context, status=status_of(error))
    for one in sent.items:
        said = {"address": one.address, "text": one.text}
        if one.accepted:
            messages.success(request, _("The proof for %(address)s was taken.") % said)
        else:
            messages.error(request, _("The proof for %(address)s was not taken: %(text)s") % said)
    return redirect(f"{reverse('delivery_content', args=(number,))}?{urlencode({'profile': sent.profile})}")


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def schedule(request: HttpRequest, number: int) -> HttpResponse:
    """Let a prepared delivery be sent at a time of the site's zone."""
    typed = request.POST.get("at", "")[:40]
    try:
        schedule_delivery(number, _read_time(typed), now=now(), actor=person_of(request).name)
    except InputError as error:
        return _confirm(request, number, DeliveryAction.SEND, typed=typed, problem=spoken(error))
    messages.success(request, _("It is sent by itself at that time."))
    return redirect("delivery_show", number)


def _read_time(text: str) -> datetime:
    """Read what a field of a day and a time gives, in the site's zone; InputError."""
    try:
        return make_aware(datetime.strptime(text, "%Y-%m-%dT%H:%M"))  # noqa: DTZ007 # the zone is the site's
    except (ValueError, OverflowError):
        raise InputError(_("Give a day and a time.")) from None


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def unschedule(request: HttpRequest, number: int) -> HttpResponse:
    """Take a delivery's time back."""
    words = _("It is not sent by itself any more: send it when you want.")
    return _do(request, number, unschedule_delivery, words)


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """End a delivery for good, once it was confirmed."""
    words = _("The delivery is cancelled: nothing more of it is sent.")
    cancel_some = partial(cancel_delivery, most=_BATCHES)
    return _do(request, number, cancel_some, words, confirm=DeliveryAction.CANCEL, wakes={"cancel": None})


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def pause(request: HttpRequest, number: int) -> HttpResponse:
    """Stop handing over."""
    words = _("Paused: what is being handed over at this moment ends, nothing else begins.")
    return _do(request, number, pause_delivery, words)


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def resume(request: HttpRequest, number: int) -> HttpResponse:
    """Let a paused delivery go on."""
    return _do(request, number, resume_delivery, _("The sending goes on."), wakes={"send": number})


def _do(
    request: HttpRequest,
    number: int,
    act: Callable[..., object],
    words: str,
    *,
    confirm: DeliveryAction | None = None,
    wakes: Mapping[str, int | None] = MappingProxyType({}),
) -> HttpResponse:
    """Do it as this person, wake who carries it out, and say so; a GET asks for the confirmation."""
    if request.method == "GET" and confirm is not None:
        return _confirm(request, number, confirm)
    act(number, now=now(), actor=person_of(request).name)
    for job, delivery in wakes.items():
        ask(job, **({} if delivery is None else {"delivery": delivery}))
    messages.success(request, words)
    return redirect("delivery_show", number)


def _confirm(
    request: HttpRequest, number: int, action: DeliveryAction, *, typed: str = "", problem: str = ""
) -> HttpResponse:
    found = overview(number, now=now())
    site, sends = current_site(), action is DeliveryAction.SEND
    context: dict[str, Any] = {
        **about(found, tab=""),
        "action": action.value,
        "allowed": action in found.actions,
        "problems": site.content.check(found.delivery),
        "warnings": warnings_about(found.delivery, found.report.counts, policy=site.policy) if sends else (),
        "ends_at": now() + found.delivery.validity,
        "at": typed or _soon(found.delivery.scheduled_at),
        "zone": site.config.site.time_zone,
        "at_problem": problem,
    }
    return render(request, "console/deliveries/confirm.html", context, status=422 if problem else 200)


def _soon(scheduled: datetime | None) -> str:
    """The time that a field offers: the one that was given, or the next full hour but one."""
    at = localtime(scheduled or now() + timedelta(hours=2))
    return (at if scheduled else at.replace(minute=0)).strftime("%Y-%m-%dT%H:%M")
