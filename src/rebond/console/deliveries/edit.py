"""Making a delivery and changing one: nothing typed is lost, and what a check finds stands beside its field."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rebond.console.deliveries.paging import place
from rebond.console.deliveries.settings_form import DeliveryForm, initial_of
from rebond.core.message import DeliveryAction
from rebond.core.permissions import Operation
from rebond.core.words import MessageClass
from rebond.jobs import ask
from rebond.services.dashboard import overview
from rebond.services.deliveries import Aim, NewDelivery, Target, create_delivery
from rebond.services.delivery_edit import edit_delivery
from rebond.services.errors import InputError, RefusedError
from rebond.services.people_file import FileOptions
from rebond.services.reach import choices
from rebond.services.templates import get_template
from rebond.services.uploads import Into, look_at, take
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.uploads import keep


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a draft, from nothing or from a template."""
    if request.method == "POST":
        form = DeliveryForm(request.POST, request.FILES, choices=choices())
        if form.is_valid() and _is_sound(request, form):
            try:
                return _saved(request, _create(request, form))
            except InputError as error:
                form.add_error(None, str(error))
        return _shown(request, form, status=422)
    return _shown(request, DeliveryForm(initial=_defaults(place(request, "template")), choices=choices()))


def _defaults(template: int | None) -> dict[str, Any]:
    if template is not None:
        found = get_template(template)
        return {**initial_of(found, found.aim), "name": "", "template": template}
    policy = current_site().policy
    empty = dict.fromkeys(("name", "sender", "subject", "text", "html"), "")
    defaults = SimpleNamespace(
        **empty,
        duplicates=False,
        verify_all=False,
        message_class=MessageClass.COMMERCIAL,
        retry_permanent=policy.retry_permanent,
        validity=policy.validity,
        retries=policy.retries,
    )
    return dict(initial_of(defaults, Aim()))


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change a delivery that was not sent; it is a draft afterwards."""
    found = overview(number, now=now())
    if DeliveryAction.EDIT not in found.actions:
        raise RefusedError(f"delivery {number} is {found.delivery.status}: it cannot be edited any more")
    present = Aim(found.delivery.target, found.delivery.target_ref)
    if request.method == "POST":
        form = DeliveryForm(request.POST, request.FILES, choices=choices(), present=present)
        if form.is_valid() and _is_sound(request, form):
            try:
                _change(request, number, form)
                return _saved(request, number)
            except InputError as error:
                form.add_error(None, str(error))
        return _shown(request, form, number=number, status=422)
    form = DeliveryForm(initial=initial_of(found.delivery, present), choices=choices(), present=present)
    return _shown(request, form, number=number)


def _is_sound(request: HttpRequest, form: DeliveryForm) -> bool:
    """Whether nothing would block the preparation, or the person saves a draft all the same."""
    problems = current_site().content.check(form.settings())
    if problems.red and "anyway" not in request.POST:
        form.tell(problems.red)
        return False
    for text in problems.yellow:
        messages.warning(request, text)
    return True


def _create(request: HttpRequest, form: DeliveryForm) -> int:
    actor = person_of(request).name
    file = _kept(form)
    aim, template = form.aim(), form.cleaned_data["template"]
    number = create_delivery(form.settings(), now=now(), actor=actor, aim=aim, template=template).id
    _take(file, form, number, actor=actor)
    return number


def _change(request: HttpRequest, number: int, form: DeliveryForm) -> None:
    actor = person_of(request).name
    file = _kept(form)
    wanted = form.settings()
    changes = {name: getattr(wanted, name) for name in NewDelivery.__dataclass_fields__}
    edit_delivery(number, changes, now=now(), actor=actor, aim=form.aim())
    _take(file, form, number, actor=actor)


def _kept(form: DeliveryForm) -> Path | None:
    """Keep the file that was given, once it was seen that it can be used; InputError."""
    if form.cleaned_data["target"] != "file" or not form.cleaned_data["file"]:
        return None
    path = keep(form.cleaned_data["file"])
    try:
        look_at(path, name=form.cleaned_data["file"].name, options=_options(form))
    except InputError:
        path.unlink()
        raise
    return path


def _take(file: Path | None, form: DeliveryForm, delivery: int, *, actor: str) -> None:
    if file is not None:
        name = form.cleaned_data["file"].name
        take(file, name=name, options=_options(form), now=now(), actor=actor, into=Into(delivery=delivery))
        ask("import")


def _options(form: DeliveryForm) -> FileOptions:
    config = current_site().config
    return FileOptions(
        mapping={},
        encoding=form.cleaned_data["encoding"] or "utf-8",
        region=config.site.default_region,
        allow_undotted=config.email.allow_undotted,
    )


def _shown(request: HttpRequest, form: DeliveryForm, *, number: int | None = None, status: int = 200) -> HttpResponse:
    context = {"form": form, "number": number, "again": status != 200, "members": Target.MEMBERS}
    return render(request, "console/deliveries/edit.html", context, status=status)


def _saved(request: HttpRequest, number: int) -> HttpResponse:
    messages.success(request, _("Saved as a draft. Nothing is sent before it was prepared and you say so."))
    return redirect(f"{reverse('delivery_show', args=(number,))}?saved=1")
