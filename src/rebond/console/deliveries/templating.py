"""Templates: the list, one with its preview, made and changed here or from a delivery, and deleted."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rebond.console.deliveries.edit import defaults, is_sound
from rebond.console.deliveries.settings_form import DeliveryForm, duration_text, initial_of, retries_text
from rebond.core.permissions import Operation
from rebond.services.deliveries import Aim
from rebond.services.edit_marks import ChangedError, mark_of
from rebond.services.errors import InputError, NotFoundError
from rebond.services.preview import preview_of
from rebond.services.reach import choices
from rebond.services.templates import (
    TemplateRow,
    delete_template,
    get_template,
    list_templates,
    made_from,
    save_template,
    template_from,
    use,
)
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken


@operation(Operation.READ_DELIVERIES)
def list_all(request: HttpRequest) -> HttpResponse:
    """List the templates by name."""
    return render(request, "console/deliveries/templates.html", {"rows": list_templates()})


@operation(Operation.READ_DELIVERIES)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show a template's settings and content, and how it is for one profile."""
    template, of = get_template(number), current_site().content
    profile, problem, shown = request.GET.get("profile", "").strip()[:255].replace("\0", ""), "", None
    if profile and person_of(request).may(Operation.READ_PROFILES):
        try:
            shown = preview_of(template, profile, content=of)
        except NotFoundError as error:
            problem = spoken(error)
    context = {
        "template": template,
        "problems": of.check(template),
        "validity": duration_text(template.validity),
        "retries": retries_text(template.retries),
        "profile": profile,
        "shown": shown,
        "problem": problem,
        "made": made_from(number),
    }
    return render(request, "console/deliveries/template.html", context)


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a template."""
    if request.method == "POST":
        form = DeliveryForm(request.POST, choices=choices(), files=False)
        if form.is_valid() and is_sound(request, form):
            try:
                return _saved(request, _keep(request, form))
            except InputError as error:
                form.add_error("name", spoken(error))
        return _page(request, form, status=422)
    return _page(request, DeliveryForm(initial=defaults(None), choices=choices(), files=False))


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change a template; deliveries that were made from it stay as they are."""
    template = get_template(number)
    if request.method == "GET":
        initial = {**initial_of(template, template.aim), "seen": _mark(template)}
        return _page(request, DeliveryForm(initial=initial, choices=choices(), files=False), template=template)
    form = DeliveryForm(request.POST, choices=choices(), files=False)
    if form.is_valid() and is_sound(request, form):
        try:
            return _saved(request, _keep(request, form, number=number))
        except ChangedError as error:
            form.tell_changed(error.names, seen=_mark(template))
            return _page(request, form, template=template, status=409)
        except InputError as error:
            form.add_error("name", spoken(error))
    return _page(request, form, template=template, status=422)


def _mark(template: TemplateRow) -> str:
    return mark_of(use(template, name=template.name), template.aim)


def _keep(request: HttpRequest, form: DeliveryForm, *, number: int | None = None) -> int:
    actor, seen = person_of(request).name, form.cleaned_data["seen"]
    return save_template(form.settings(), form.aim() or Aim(), now=now(), actor=actor, number=number, seen=seen)


def _page(
    request: HttpRequest, form: DeliveryForm, *, template: TemplateRow | None = None, status: int = 200
) -> HttpResponse:
    made = made_from(template.id) if template else 0
    context = {
        "form": form,
        "template": template,
        "made": made,
        "again": status != 200,
        "changed": status == 409,
        "of_template": True,
    }
    return render(request, "console/deliveries/template_edit.html", context, status=status)


def _saved(request: HttpRequest, number: int) -> HttpResponse:
    messages.success(request, _("The template is saved."))
    return redirect(f"{reverse('template_show', args=(number,))}?saved=1")


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def save(request: HttpRequest, number: int) -> HttpResponse:
    """Keep a delivery's settings as a template."""
    try:
        made = template_from(number, name=request.POST.get("name", ""), now=now(), actor=person_of(request).name)
    except InputError as error:
        messages.error(request, spoken(error))
        return redirect("delivery_content", number)
    messages.success(request, _("Saved as a template."))
    return redirect("template_show", made)


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a template, once it was confirmed."""
    if request.method == "GET":
        context = {"template": get_template(number), "made": made_from(number)}
        return render(request, "console/deliveries/template_delete.html", context)
    delete_template(number, now=now(), actor=person_of(request).name)
    messages.success(request, _("The template is deleted; deliveries made from it stay."))
    return redirect("template_list")
