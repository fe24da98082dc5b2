"""The page where somebody asks to subscribe. Its answer is the same whoever the address belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import translation
from django.utils.translation import gettext

from rebond.core.landing import PageField, PageText
from rebond.public.limits import TooManyError, address_of, limit, network_of
from rebond.public.pages import for_strangers, form_of, say, show
from rebond.services.errors import NotFoundError, RefusedError
from rebond.services.opt_in import Asked, FieldError, TooManyRequestsError, active_page, ask, language_of
from rebond.store.read.landing import PageRow
from rebond.web.current import current_site, now

# Filled in by machines that fill in everything; people do not see it.
HONEYPOT = "website"
_POSTS_PER_MINUTE = 20
_MOST_TYPED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A field of the page as it stands in the form."""

    field: PageField
    label: str
    value: str
    error: str


@for_strangers("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form, or take what was asked for."""
    try:
        found = active_page(slug)
    except (NotFoundError, RefusedError):
        limit("join", network_of(request), per_minute=_POSTS_PER_MINUTE)
        text = gettext("There is no page at this address, or it is closed. Please look at where you found the link.")
        return say(request, gettext("This page does not exist"), text, status=404)
    language = language_of(found.definition, translation.get_language() or "en")
    with translation.override(language):
        response = _posted(request, found, language) if request.method == "POST" else form(request, found, language)
    response.headers["Content-Language"] = language
    return response


def _posted(request: HttpRequest, found: PageRow, language: str) -> HttpResponse:
    limit("join", network_of(request), per_minute=_POSTS_PER_MINUTE)
    sent = form_of(request)
    if not sent.get(HONEYPOT, ""):
        try:
            ask(
                found.definition.slug,
                _asked(request, sent, found, language),
                allow_undotted=current_site().config.email.allow_undotted,
                now=now(),
            )
        except FieldError as error:
            return form(
                request, found, language, sent=sent, wrong={field: _words(field) for field in error.fields}, status=422
            )
        except TooManyRequestsError as error:
            raise TooManyError(error.wait) from None
    return thanks(request, found, language)


def _asked(request: HttpRequest, sent: QueryDict, found: PageRow, language: str) -> Asked:
    wanted = [one for one in sent.getlist("services")[:100] if one.isdecimal() and len(one) < 19]
    return Asked(
        address=sent.get("address", ""),
        services=tuple(map(int, wanted)),
        fields={one.name: sent.get(one.name, "") for one in found.definition.fields},
        language=language,
        asked_from=address_of(request),
        network=network_of(request),
    )


def _words(field: str) -> str:
    """Say what is wrong in the reader's language: by the field, since a text is for whoever makes the page."""
    if field == "address":
        return gettext("Please write a whole email address, such as name@example.org.")
    if field == "services":
        return gettext("Please choose at least one.")
    return gettext("This is needed, in up to 255 characters.")


def form(
    request: HttpRequest,
    found: PageRow,
    language: str,
    *,
    sent: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form, with what was typed and what is wrong with it."""
    context = form_context(found, language, sent=sent or {}, wrong=wrong or {})
    return show(request, "public/join.html", status=status, **context)


def form_context(
    found: PageRow,
    language: str,
    *,
    sent: Mapping[str, str],
    wrong: Mapping[str, str],
) -> dict[str, object]:
    """Return what the form is drawn from."""
    definition = found.definition
    chosen: Sequence[str] = sent.getlist("services") if isinstance(sent, QueryDict) else []
    return {
        "page": definition,
        "words": _text(found, language),
        "language": language,
        "others": _others(found, language),
        "services": [(number, name, str(number) in chosen) for number, name in found.offered.items()],
        "address": sent.get("address", "")[:_MOST_TYPED],
        "fields": [_shown(one, language, sent=sent, wrong=wrong) for one in definition.fields],
        "wrong": wrong,
        "honeypot": HONEYPOT,
    }


def _shown(field: PageField, language: str, *, sent: Mapping[str, str], wrong: Mapping[str, str]) -> Shown:
    return Shown(
        field=field,
        label=field.label.get(language, field.name),
        value=sent.get(field.name, "")[:_MOST_TYPED],
        error=wrong.get(field.name, ""),
    )


def _text(found: PageRow, language: str) -> PageText:
    return found.definition.texts[language]


def _others(found: PageRow, language: str) -> list[tuple[str, str]]:
    """Name the other languages that this page has."""
    names = {"en": "English", "fr": "Français"}
    return [(one.value, names[one.value]) for one in found.definition.languages if one.value != language]


def thanks(request: HttpRequest, found: PageRow, language: str) -> HttpResponse:
    """Say that a mail may be on its way: to everybody, and of no address in particular."""
    return show(
        request,
        "public/joined.html",
        page=found.definition,
        words=_text(found, language),
        language=language,
        others=[],
    )
