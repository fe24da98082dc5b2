"""The page that the link in a confirmation mail leads to: it shows what it is about, and a POST confirms."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from rebond.public.limits import address_of, limit, network_of
from rebond.public.pages import for_strangers, form_of, say, show
from rebond.services.opt_in import language_of
from rebond.services.opt_in_confirm import Followed, Link, confirm, look
from rebond.web.current import current_site, now

# Trying tokens out; a link that holds is never counted.
_BAD_PER_MINUTE = 30


@for_strangers("GET", "POST")
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link confirms, or confirm it; a GET, which scanners follow, never acts."""
    site = current_site()
    if request.method == "POST" and form_of(request).get("confirm") == "yes":
        found = confirm(token, keyring=site.keyring, policy=site.policy, now=now(), confirmed_from=address_of(request))
    else:
        found = look(token, keyring=site.keyring, now=now())
    # A reader who chose a language keeps it; another has that in which they asked.
    if found.page is not None and found.request is not None and "language" not in request.GET:
        with translation.override(language_of(found.page.definition, found.request.language)):
            response = _answer(request, found)
            response.headers["Content-Language"] = translation.get_language() or "en"
            return response
    return _answer(request, found)


def _answer(request: HttpRequest, found: Followed) -> HttpResponse:
    match found.link:
        case Link.OPEN:
            return show(request, "public/confirm.html", followed=found, page=found.page and found.page.definition)
        case Link.CONFIRMED:
            return show(request, "public/confirmed.html", followed=found, page=found.page and found.page.definition)
        case Link.EXPIRED:
            return show(request, "public/expired.html", status=410, again=_again(found))
        case Link.GONE:
            text = gettext(
                "The page where you asked for this does not exist any more. Nothing was done, and nothing is sent."
            )
            return say(request, gettext("This is not offered any more"), text, status=410)
        case _:
            limit("confirm", network_of(request), per_minute=_BAD_PER_MINUTE)
            text = gettext(
                "Nothing was done. Perhaps the link was cut: please open it again from the message, or copy it whole."
            )
            return say(request, gettext("This link is not valid"), text, status=404)


def _again(found: Followed) -> str:
    """Return where to ask again, while that is possible."""
    if found.page is None or found.page.removed or not found.page.definition.active:
        return ""
    return reverse("join", args=[found.page.definition.slug])
