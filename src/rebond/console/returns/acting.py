"""Accepting what could not be attributed, and trying dead letters again."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from rebond.console.returns.views import entry_page
from rebond.console.words import word
from rebond.core.permissions import Operation
from rebond.jobs import ask
from rebond.services.errors import RefusedError
from rebond.services.retry import retry_dead
from rebond.services.unattributed import Accepting
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now


class AcceptForm(forms.Form):
    """Why what came back is to be believed."""

    because = forms.CharField(
        label=_("Why it is to be believed"),
        max_length=1000,
        error_messages={"required": _("Say why: it is kept with the change.")},
    )


@operation(Operation.ACCEPT_RETURNS)
def accept(request: HttpRequest, number: int) -> HttpResponse:
    """Let what could not be attributed act on the address that it names."""
    if request.method != "POST":
        return redirect("returns_show", number=number)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return render(request, "console/returns/show.html", entry_page(number, form=form), status=422)
    site = current_site()
    accepting = Accepting(
        because=form.cleaned_data["because"],
        actor=person_of(request).name,
        policy=site.policy,
        rules=site.rules,
        often=site.often_unqualified,
        now=now(),
    )
    try:
        done = accepting.accept(number)
    except RefusedError as error:
        page = entry_page(number, form=form, refused=str(error))
        return render(request, "console/returns/show.html", page, status=409)
    said = gettext("Accepted: %(address)s is now %(status)s.")
    messages.success(request, said % {"address": done.address, "status": word(done.state.status)})
    return redirect("returns_show", number=number)


@require_POST
@operation(Operation.ACCEPT_RETURNS)
def retry(request: HttpRequest, number: int) -> HttpResponse:
    """Put a dead letter back in the line."""
    retry_dead([number])
    ask("settle")
    messages.success(request, gettext("It is back in the line and will be dealt with in a moment."))
    return redirect("returns_mail", number=number)
