"""Accepting what could not be attributed, and trying dead letters again."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from rebond.console.returns.views import entry_page
from rebond.console.words import word
from rebond.core.permissions import Operation
from rebond.jobs import ask
from rebond.services.errors import RefusedError
from rebond.services.retry import retry_dead
from rebond.services.unattributed import Accepting
from rebond.store.read.returned import count_some_unattributed
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken
from rebond.web.practice import SECONDS


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
    try:
        done = _accepting(request, form).accept(number)
    except RefusedError as error:
        page = entry_page(number, form=form, refused=spoken(error))
        return render(request, "console/returns/show.html", page, status=409)
    said = gettext("Accepted: %(address)s is now %(status)s.")
    messages.success(request, said % {"address": done.address, "status": word(done.state.status)})
    return redirect("returns_show", number=number)


def _accepting(request: HttpRequest, form: AcceptForm) -> Accepting:
    site = current_site()
    return Accepting(
        because=form.cleaned_data["because"],
        actor=person_of(request).name,
        policy=site.policy,
        rules=site.rules,
        often=site.often_unqualified,
        now=now(),
    )


@operation(Operation.ACCEPT_RETURNS)
def accept_all(request: HttpRequest) -> HttpResponse:
    """Let all that could not be attributed act, or all that came by one source, after saying how many that are."""
    posted = request.method == "POST"
    source = (request.POST if posted else request.GET).get("source", "").strip()
    form = AcceptForm(request.POST) if posted else AcceptForm()
    if not posted or not form.is_valid():
        context = {"form": form, "source": source, "number": count_some_unattributed(source=source)}
        return render(request, "console/returns/accept_all.html", context, status=422 if posted else 200)
    clock = current_site().clock
    ends = clock.monotonic() + SECONDS
    done = _accepting(request, form).accept_all(source=source, has_time=lambda: clock.monotonic() < ends)
    left = count_some_unattributed(source=source) if done.accepted else 0
    told = ngettext("%(number)s return acts now.", "%(number)s returns act now.", done.accepted)
    if left > done.skipped:
        told += " " + gettext("That took as long as a page may: there are more, go on.")
    messages.success(request, told % {"number": done.accepted})
    return redirect("returns_list")


@require_POST
@operation(Operation.ACCEPT_RETURNS)
def retry_all(request: HttpRequest) -> HttpResponse:
    """Put all dead letters back in the line."""
    number = retry_dead(None)
    ask("settle")
    told = ngettext("%(number)s is back in the line.", "%(number)s are back in the line.", number)
    messages.success(request, told % {"number": number})
    return redirect("returns_mails")


@require_POST
@operation(Operation.ACCEPT_RETURNS)
def retry(request: HttpRequest, number: int) -> HttpResponse:
    """Put a dead letter back in the line."""
    retry_dead([number])
    ask("settle")
    messages.success(request, gettext("It is back in the line and will be dealt with in a moment."))
    return redirect("returns_mail", number=number)
