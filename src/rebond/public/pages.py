"""What each page for strangers has in common: its language, what it takes, and how it says no."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext

from rebond.public.languages import choose, languages
from rebond.public.limits import TooManyError
from rebond.services.errors import ServiceError
from rebond.store.trouble import trouble
from rebond.web.current import current_site
from rebond.web.errors import status_of

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]
# A form of a few fields; whoever sends more than this sends no form of ours.
_MOST_BYTES = 64 * 1024
_RETRY = 60


def for_strangers(*methods: str) -> Callable[[Page[P]], Page[P]]:
    """Declare a page that anybody may ask for by these methods (HEAD and OPTIONS come with them).

    There is no CSRF token: it protects a session, and there is none here. What a link may do, it may do for whoever
    has it; a mail provider that unsubscribes somebody by one click (RFC 8058) has nothing but the link.
    """
    allowed = (*methods, *(("HEAD",) if "GET" in methods else ()), "OPTIONS")

    def declare(view: Page[P]) -> Page[P]:
        @wraps(view)
        def run(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            language = choose(request)
            with translation.override(language):
                response = _refused(request, allowed) or _answered(request, lambda: view(request, *args, **kwargs))
            # A page that has not every language says which it took instead.
            response.headers.setdefault("Content-Language", language)
            return response

        run.csrf_exempt = True  # type: ignore[attr-defined]
        run.login_required = False  # type: ignore[attr-defined]
        return cast("Page[P]", run)

    return declare


def show(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page. It is given no request, so that nothing in it can ask who is signed in."""
    language = translation.get_language()
    others = [(code, name) for code, name in languages().items() if code != language]
    known = {"site_name": site_name(request), "language": language, "others": others, **context}
    return HttpResponse(get_template(template).render(known), status=status)


def say(request: HttpRequest, title: str, text: str, *, status: int) -> HttpResponse:
    """Say one thing, on a page of its own."""
    return show(request, "public/notice.html", status=status, title=title, text=text)


def site_name(request: HttpRequest) -> str:
    """Name the site as strangers know it: as it calls itself, else by the name of its public address."""
    site = current_site().config.site
    return site.name or urlsplit(site.public_url).hostname or request.get_host().partition(":")[0]


def form_of(request: HttpRequest) -> QueryDict:
    """Read the form that was sent; an empty one when it is none."""
    try:
        return request.POST
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        return QueryDict()


def _refused(request: HttpRequest, allowed: tuple[str, ...]) -> HttpResponse | None:
    headers = {"Allow": ", ".join(allowed)}
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=headers)
    if request.method not in allowed:
        return HttpResponse(status=405, headers=headers)
    if _size(request) > _MOST_BYTES:
        return say(
            request, gettext("That was too much"), gettext("Nothing was done: what was sent is too long."), status=413
        )
    return None


def _size(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _answered(request: HttpRequest, run: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return run()
    except TooManyError as error:
        text = gettext("There were too many requests from your network. Please try again in a few minutes.")
        response = say(request, gettext("Please wait a moment"), text, status=429)
        response.headers["Retry-After"] = str(error.wait)
    except ServiceError as error:
        response = say(request, gettext("That cannot be done"), str(error), status=status_of(error))
    except (DatabaseError, InterfaceError) as error:
        if not trouble(error).passes:
            raise
        text = gettext("Nothing was done, and nothing is lost. Please try again in a few minutes.")
        response = say(request, gettext("That did not work just now"), text, status=503)
        response.headers["Retry-After"] = str(_RETRY)
    return response
