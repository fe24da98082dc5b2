"""One address: why it is as it is, and what a person does about it."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from rebond.console.words import word
from rebond.core.address import ParsedAddress
from rebond.core.permissions import Operation
from rebond.core.words import AddressStatus, Channel
from rebond.services.address_page import address_page
from rebond.services.errors import InputError, RefusedError
from rebond.services.people import read_address, release, take_back, tell
from rebond.services.raw_return import MOST_SHOWN, raw_return
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken

_EFFECTS = {
    AddressStatus.VALID: gettext_lazy("Release it: it is written to again, and its errors are forgotten."),
    AddressStatus.QUARANTINED: gettext_lazy("Quarantine it: nothing is sent to it until a person ends that."),
    AddressStatus.DENYLISTED: gettext_lazy(
        "Denylist it: whoever has it does not want mail there; only a person ends that."
    ),
    AddressStatus.ALLOWLISTED: gettext_lazy("Allowlist it: it is written to whatever comes back, until it complains."),
}


class DecisionForm(forms.Form):
    """What is to become of an address, and why."""

    status = forms.ChoiceField(label=gettext_lazy("What is to become of it"), widget=forms.RadioSelect)
    because = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=2000,
        help_text=gettext_lazy("It is kept with the change, under your name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    seen = forms.ChoiceField(widget=forms.HiddenInput, choices=[(one.value, one.value) for one in AddressStatus])

    def __init__(self, *args: Any, present: AddressStatus, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(status.value, words) for status, words in _EFFECTS.items() if status is not present]
        self.fields["status"].choices = choices  # type: ignore[attr-defined]


@require_GET
@operation(Operation.READ_QUARANTINE)
def why(request: HttpRequest) -> HttpResponse:
    """Show why an address is as it is; a search box where none is named."""
    text = request.GET.get("address", "").strip()
    if not text:
        return render(request, "console/quarantine/search.html", {})
    try:
        address = _read(request)
    except InputError as error:
        return render(request, "console/quarantine/search.html", {"asked": text, "problem": spoken(error)}, status=422)
    return _page(request, address)


def _page(
    request: HttpRequest, address: ParsedAddress, *, form: DecisionForm | None = None, status: int = 200
) -> HttpResponse:
    site = current_site()
    page = address_page(address, policy=site.policy, qualifier=site.qualifier)
    present = page.why.state.status
    form = form or DecisionForm(present=present, initial={"seen": present.value})
    return render(
        request, "console/quarantine/why.html", {"page": page, "form": form, "asked": address.text}, status=status
    )


@require_POST
@operation(Operation.WRITE_QUARANTINE)
def decide(request: HttpRequest) -> HttpResponse:
    """Release, quarantine, denylist or allowlist an address."""
    address = _read(request)
    seen = request.POST.get("seen", "")
    present = AddressStatus(seen) if seen in set(AddressStatus) else AddressStatus.VALID
    form = DecisionForm(request.POST, present=present)
    if not form.is_valid():
        return _page(request, address, form=form, status=422)
    wanted, site = AddressStatus(form.cleaned_data["status"]), current_site()
    given: dict[str, Any] = {"because": form.cleaned_data["because"], "actor": person_of(request).name, "seen": present}
    try:
        if wanted is AddressStatus.VALID:
            state = release(address, policy=site.policy, now=now(), **given)
        else:
            state = tell(address, status=wanted, policy=site.policy, now=now(), **given)
    except RefusedError as error:
        form.add_error(None, spoken(error))
        return _page(request, address, form=form, status=409)
    said = {"address": address.text, "status": word(state.status)}
    messages.success(request, _("%(address)s: %(status)s. Undo it in the list below.") % said)
    return redirect(f"{_url(address)}&done=1")


@require_POST
@operation(Operation.WRITE_QUARANTINE)
def undo(request: HttpRequest) -> HttpResponse:
    """Make void what a person did to an address."""
    address, site = _read(request), current_site()
    state = take_back(
        address,
        identity=request.POST.get("evidence", ""),
        because=request.POST.get("because", ""),
        actor=person_of(request).name,
        policy=site.policy,
        now=now(),
    )
    messages.success(
        request,
        _("Undone: %(address)s is as it would be without it: %(status)s.")
        % {"address": address.text, "status": word(state.status)},
    )
    return redirect(_url(address))


@require_GET
@operation(Operation.READ_RETURNS)
def returned(request: HttpRequest) -> HttpResponse:
    """Show the mail that said a piece of evidence, as text."""
    found = raw_return(request.GET.get("evidence", ""), qualifier=current_site().qualifier)
    template = "return_text.html" if getattr(request, "htmx", False) else "return.html"
    shown = {"mail": found, "most": MOST_SHOWN // 1024, "asked": request.GET.get("address", "")}
    return render(request, f"console/quarantine/{template}", shown)


def _read(request: HttpRequest) -> ParsedAddress:
    config = current_site().config
    channel = request.GET.get("channel", "")
    return read_address(
        request.GET.get("address", ""),
        channel=Channel(channel) if channel in set(Channel) else None,
        region=config.site.default_region,
        allow_undotted=config.email.allow_undotted,
    )


def _url(address: ParsedAddress) -> str:
    return f"{reverse('quarantine_why')}?{urlencode({'channel': address.channel.value, 'address': address.text})}"
