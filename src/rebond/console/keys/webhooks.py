"""Outgoing webhooks: who is told, what they were told, and telling them again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from rebond.console.keys.forms import EditForm, WebhookForm
from rebond.core.permissions import Operation
from rebond.core.webhooks import WebhookState
from rebond.services.errors import InputError
from rebond.services.webhooks import (
    edit_subscription,
    existing_subscription,
    renew_secret,
    replay,
    send_test,
    subscribe,
    unsubscribe,
)
from rebond.store.read.webhooks import SubscriptionRow, list_subscriptions, webhook_log
from rebond.web.access import operation, person_of
from rebond.web.chance import new_secret
from rebond.web.current import current_site, now
from rebond.web.language import spoken

_LINES = 50


@operation(Operation.MANAGE_WEBHOOKS)
def list_all(request: HttpRequest) -> HttpResponse:
    """List who is told."""
    return render(request, "console/keys/webhooks.html", {"rows": list_subscriptions()})


@operation(Operation.MANAGE_WEBHOOKS)
def new(request: HttpRequest) -> HttpResponse:
    """Tell somebody of events, and show the secret this once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = subscribe(
                given["url"],
                events=given["events"],
                name=given["name"],
                salt=new_secret(),
                site=current_site().webhooks,
                now=now(),
                actor=person_of(request).name,
            )
        except InputError as error:
            form.add_error("url", spoken(error))
        else:
            return render(request, "console/keys/secret.html", {"row": made.row, "secret": made.secret, "new": True})
    return render(request, "console/keys/new_webhook.html", {"form": form}, status=422 if form.errors else 200)


@operation(Operation.MANAGE_WEBHOOKS)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show a subscription with its log."""
    return _page(request, existing_subscription(number))


@operation(Operation.MANAGE_WEBHOOKS)
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change who is told, or what."""
    row = existing_subscription(number)
    form = EditForm(request.POST or None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            edit_subscription(
                number,
                site=current_site().webhooks,
                now=now(),
                actor=person_of(request).name,
                url=given["url"],
                events=given["events"],
                name=given["name"],
                # Unchanged, so that what ended it stays written down.
                active=None if given["active"] is row.active else given["active"],
            )
        except InputError as error:
            form.add_error("url", spoken(error))
        else:
            messages.success(request, gettext("The webhook is changed."))
            return redirect("webhook_show", number=number)
    context = {"form": form, "row": row}
    return render(request, "console/keys/edit_webhook.html", context, status=422 if form.errors else 200)


@require_POST
@operation(Operation.MANAGE_WEBHOOKS)
def secret(request: HttpRequest, number: int) -> HttpResponse:
    """Give another secret, and show it this once."""
    site, actor = current_site().webhooks, person_of(request).name
    made = renew_secret(number, salt=new_secret(), site=site, now=now(), actor=actor)
    return render(request, "console/keys/secret.html", {"row": made.row, "secret": made.secret, "new": False})


@require_POST
@operation(Operation.MANAGE_WEBHOOKS)
def try_out(request: HttpRequest, number: int) -> HttpResponse:
    """Tell of nothing, to see whether it hears."""
    send_test(number, now=now())
    messages.success(request, gettext("A test is on its way: the log below tells how it went."))
    return redirect("webhook_show", number=number)


@require_POST
@operation(Operation.MANAGE_WEBHOOKS)
def tell_again(request: HttpRequest, number: int) -> HttpResponse:
    """Tell one line of the log again."""
    line = request.POST.get("line", "")
    if not (line.isascii() and line.isdigit() and len(line) < 19):
        raise InputError(gettext("This is no line of the log."))
    replay(number, delivery=int(line), now=now())
    messages.success(request, gettext("It is told again."))
    return redirect("webhook_show", number=number)


@operation(Operation.MANAGE_WEBHOOKS)
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a subscription, once the reader has said so."""
    row = existing_subscription(number)
    if request.method != "POST":
        return render(request, "console/keys/remove_webhook.html", {"row": row})
    unsubscribe(number, now=now(), actor=person_of(request).name)
    messages.success(request, gettext("The webhook is removed, with its log."))
    return redirect("webhook_list")


def _initial(row: SubscriptionRow) -> dict[str, Any]:
    return {
        "url": row.url,
        "name": row.name,
        "active": row.active,
        "events": [one.value for one in row.events],
    }


def _page(request: HttpRequest, row: SubscriptionRow) -> HttpResponse:
    wanted = request.GET.get("state", "")
    state = WebhookState(wanted) if wanted in set(WebhookState) else None
    before = request.GET.get("before", "")
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    lines = webhook_log(row.number, state=state, before=place, limit=_LINES + 1)
    context = {
        "row": row,
        "lines": lines[:_LINES],
        "next": lines[_LINES - 1].number if len(lines) > _LINES else None,
        "states": list(WebhookState),
        "state": state,
    }
    return render(request, "console/keys/webhook.html", context)
