"""Settings in force, the transport and its rests, and where returns come in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from rebond.config import CONFIG_FILE
from rebond.core.permissions import Operation
from rebond.intake.webhooks.door import problem_with
from rebond.intake.webhooks.sources import address_of, hook_sources
from rebond.jobs.state import background
from rebond.services.transports import try_transport_again
from rebond.store.read.transports import troubled_transports
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.settings_shown import settings_shown, without_secrets

_SOURCES = ("lmtp", "maildir", "mbox", "files", "stdin")


@operation(Operation.READ_SETTINGS)
def show(request: HttpRequest) -> HttpResponse:
    """Show the settings in force."""
    site = current_site()
    context = {"sections": settings_shown(site.config, site.policy), "file": CONFIG_FILE, "data": site.data}
    return render(request, "console/administration/settings.html", context)


@operation(Operation.READ_SETTINGS)
def transports(request: HttpRequest) -> HttpResponse:
    """Show by what messages leave and returns come in."""
    site = current_site()
    email, address = site.config.email, site.config.intake_address
    posted = hook_sources(site.config, data=site.data)
    names = (*_SOURCES, *(name for name in site.config.intake if name not in _SOURCES and name not in posted))
    context = {
        "relay": without_secrets(email.smtp_url),
        "email": email,
        "troubled": troubled_transports(now=now()),
        "listening": f"{address[0]}:{address[1]}" if address else "",
        "listeners": [one for one in background(site).processes if one.kind == "intake"],
        "hooks": [(source, address_of(source, site.config), problem_with(source)) for source in posted.values()],
        "sources": [(name, site.config.required_trust(name), name in site.config.intake) for name in names],
    }
    return render(request, "console/administration/transports.html", context)


@require_POST
@operation(Operation.WRITE_DELIVERIES)
def again(request: HttpRequest) -> HttpResponse:
    """End the rest of a transport."""
    try_transport_again(request.POST.get("name", ""), now=now(), actor=person_of(request).name)
    messages.success(request, gettext("It is tried again with the next message."))
    return redirect("transport_list")
