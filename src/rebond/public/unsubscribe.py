"""The page that the link in each message leads to: it shows what would end, and a POST ends it (RFC 8058)."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from rebond.core.words import WayOut
from rebond.public.limits import address_of, limit, network_of
from rebond.public.pages import for_strangers, form_of, say, show
from rebond.services.unsubscribe import Wish, look, read_wish, unsubscribe
from rebond.web.current import current_site, now

# What stands in the place of a token where a delivery is shown to those who make it.
PREVIEW = "preview"
# A provider posts for thousands of people from one address, so what holds is not counted; trying tokens out is.
_BAD_PER_MINUTE = 60


@for_strangers("GET", "POST")
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link ends, or end it; a GET, which scanners follow, never acts."""
    if token == PREVIEW:
        return _preview(request)
    wish = read_wish(token, keyring=current_site().keyring)
    if wish is None:
        return _bad(request)
    if request.method != "POST":
        return _ask(request, wish)
    way = _way(request)
    if way is None:
        return _ask(request, wish, status=400)
    left = unsubscribe(wish, at=now(), way=way, source=address_of(request))
    return show(request, "public/unsubscribed.html", left=left, before=left.over)


def _way(request: HttpRequest) -> WayOut | None:
    """Tell who pressed: a mail program for its user, or the user on the page; None when it was neither."""
    form = form_of(request)
    if form.get("List-Unsubscribe") == "One-Click":
        return WayOut.ONE_CLICK
    return WayOut.PAGE if form.get("unsubscribe") == "yes" else None


def _ask(request: HttpRequest, wish: Wish, *, status: int = 200) -> HttpResponse:
    found = look(wish)
    if found.over:
        return show(request, "public/unsubscribed.html", left=found, before=True)
    return show(request, "public/unsubscribe.html", left=found, status=status)


def _preview(request: HttpRequest) -> HttpResponse:
    text = gettext(
        "Each person gets a link of their own in this place, and unsubscribes with it. This one is for looking only:"
        " it belongs to nobody, and nothing was done."
    )
    return say(request, gettext("This is the link of a preview"), text, status=200)


def _bad(request: HttpRequest) -> HttpResponse:
    limit("unsubscribe", network_of(request), per_minute=_BAD_PER_MINUTE)
    text = gettext(
        "Nothing was done. Perhaps the link was cut: please open it again from the message itself, or press"
        " “Unsubscribe” in your mail program."
    )
    return say(request, gettext("This link is not valid"), text, status=404)
