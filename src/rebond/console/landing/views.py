"""Landing pages: listed with their figures, made and changed with a preview, removed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rebond.console.landing.forms import LANGUAGES, PageForm
from rebond.core.landing import PageDefinition
from rebond.core.permissions import Operation
from rebond.services import opt_in_pages
from rebond.services.audiences import list_services
from rebond.services.errors import InputError
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken

_LINES = 50
# A preview is in the language of its page, not of who looks at it.
_ADDRESS = {"en": "Your email address", "fr": "Votre adresse e-mail"}


@operation(Operation.READ_LANDING)
def list_all(request: HttpRequest) -> HttpResponse:
    """List the pages with what became of their requests."""
    context = {"rows": [(one.page, one.figures) for one in opt_in_pages.list_pages(now=now())], "base": _base()}
    return render(request, "console/landing/list.html", context)


@operation(Operation.READ_LANDING)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show a page: its link, its figures, and its newest requests."""
    before, at = request.GET.get("before", ""), now()
    last = int(before) if before.isdecimal() and len(before) < 19 else None
    shown = opt_in_pages.show_page(number, now=at, before=last, requests=_LINES + 1)
    page, found = shown.page, shown.requests
    context = {
        "page": page,
        "figures": shown.figures,
        "rows": [(row, row.state(at), [page.offered.get(one, "–") for one in row.services]) for row in found[:_LINES]],
        "next": found[_LINES - 1].id if len(found) > _LINES else None,
        "base": _base(),
    }
    return render(request, "console/landing/show.html", context)


def _base() -> str:
    return f"{current_site().config.site.public_url}/join/"


@operation(Operation.WRITE_LANDING)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """Make a page, or change one."""
    present = opt_in_pages.find_page(number).definition if number is not None else None
    form = PageForm(request.POST or None, page=present)
    if request.method == "POST" and form.is_valid():
        site = current_site()
        try:
            saved = opt_in_pages.save_page(
                opt_in_pages.read_definition(form.document()),
                content=site.content,
                public_url=site.config.site.public_url,
                now=now(),
                actor=person_of(request).name,
                number=number,
            )
        except InputError as error:
            form.add_error(None, spoken(error))
        else:
            messages.success(request, _("The landing page is saved."))
            return redirect("landing_show", saved)
    context = {
        "form": form,
        "number": number,
        "present": present,
        "services": bool(list_services()),
        **_previewed(request, present),
    }
    return render(request, "console/landing/edit.html", context, status=422 if form.errors else 200)


@operation(Operation.WRITE_LANDING)
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Show what was typed as visitors would see it; nothing is kept."""
    return render(request, "console/landing/preview.html", _previewed(request, None))


def _previewed(request: HttpRequest, present: PageDefinition | None) -> dict[str, Any]:
    page, problem = present, ""
    if request.method == "POST":
        form = PageForm(request.POST)
        try:
            page = opt_in_pages.read_definition(form.document()) if form.is_valid() else None
        except InputError as error:
            page, problem = None, spoken(error)
    if page is None:
        return {"previews": [], "preview_problem": problem}
    return {"previews": [_drawn(page, one.value) for one in page.languages], "preview_problem": ""}


def _drawn(page: PageDefinition, language: str) -> dict[str, Any]:
    """What a page shows in a language; the mail with its names filled in, as far as that needs no templates."""
    text = page.texts[language]
    return {
        "language": language,
        "title": LANGUAGES[language],
        "address": _ADDRESS[language],
        "text": text,
        "theme": page.theme.value,
        "services": page.services if len(page.services) > 1 else (),
        "fields": [(one.label.get(language, one.name), one.required) for one in page.fields],
        "sender": page.sender,
        "mail": _mail(page, language),
    }


def _mail(page: PageDefinition, language: str) -> tuple[str, str]:
    text = page.texts[language]
    mail = opt_in_pages.confirmation_mail(page.name, sender=page.sender, text=text)
    try:
        return current_site().content.sample(
            mail, {"confirm_token": "…", "page": text.title, "services": ", ".join(page.services)}
        )
    except ValueError as error:
        return text.mail_subject, spoken(error)


@operation(Operation.WRITE_LANDING)
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Take a page away, after saying what that ends."""
    if request.method == "POST":
        opt_in_pages.remove_page(number, now=now(), actor=person_of(request).name)
        messages.success(request, _("The landing page is removed; the proofs of those who confirmed stay."))
        return redirect("landing_list")
    shown = opt_in_pages.show_page(number, now=now())
    return render(request, "console/landing/remove.html", {"page": shown.page, "figures": shown.figures})
