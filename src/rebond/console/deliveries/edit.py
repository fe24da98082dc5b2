"""Making a delivery and changing one: nothing typed is lost, and what a check finds stands beside its field."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rebond.console.deliveries.paging import place
from rebond.console.deliveries.settings_form import FILE, DeliveryForm, initial_of
from rebond.core.message import DeliveryAction
from rebond.core.permissions import Operation
from rebond.core.said import said
from rebond.core.words import MessageClass, UploadStatus
from rebond.services.dashboard import overview
from rebond.services.deliveries import Aim, NewDelivery, create_delivery
from rebond.services.delivery_edit import edit_delivery, settings_of
from rebond.services.edit_marks import ChangedError, mark_of
from rebond.services.errors import InputError, RefusedError
from rebond.services.people_file import FileOptions
from rebond.services.reach import choices
from rebond.services.templates import get_template
from rebond.services.upload_columns import hold, look_at
from rebond.services.uploads import Into, upload_for
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken
from rebond.web.uploads import kept


@operation(Operation.WRITE_DELIVERIES)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a draft, from nothing or from a template."""
    if request.method == "POST":
        form = DeliveryForm(request.POST, request.FILES, choices=choices())
        if form.is_valid() and is_sound(request, form):
            try:
                return _saved(request, _create(request, form))
            except InputError as error:
                form.add_error(None, spoken(error))
        return _shown(request, form, status=422)
    return _shown(request, DeliveryForm(initial=defaults(place(request, "template")), choices=choices()))


def defaults(template: int | None) -> dict[str, Any]:
    """Give what an empty form begins with: a template's settings, or the site's."""
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
        raise RefusedError(
            said(
                "delivery {number} is {delivery_status}: it cannot be edited any more",
                number=number,
                delivery_status=found.delivery.status,
            )
        )
    present = Aim(found.delivery.target, found.delivery.target_ref)
    if request.method == "POST":
        form = DeliveryForm(request.POST, request.FILES, choices=choices(), present=present)
        if form.is_valid() and is_sound(request, form):
            try:
                _change(request, number, form)
                return _saved(request, number)
            except ChangedError as error:
                form.tell_changed(error.names, seen=mark_of(settings_of(found.delivery), present))
                return _shown(request, form, number=number, status=409)
            except InputError as error:
                form.add_error(None, spoken(error))
        return _shown(request, form, number=number, status=422)
    initial = {**initial_of(found.delivery, present), "seen": mark_of(settings_of(found.delivery), present)}
    form = DeliveryForm(initial=initial, choices=choices(), present=present)
    return _shown(request, form, number=number)


def is_sound(request: HttpRequest, form: DeliveryForm) -> bool:
    """Whether nothing would block the preparation, or the person saves a draft all the same."""
    problems = current_site().content.check(form.settings())
    if problems.red and "anyway" not in request.POST:
        form.tell(problems.red)
        return False
    return True


def _create(request: HttpRequest, form: DeliveryForm) -> int:
    actor = person_of(request).name
    aim, template = form.aim(), form.cleaned_data["template"]
    with _file(form) as hold_for:
        number = create_delivery(form.settings(), now=now(), actor=actor, aim=aim, template=template).id
        hold_for(number, actor)
    return number


def _change(request: HttpRequest, number: int, form: DeliveryForm) -> None:
    actor = person_of(request).name
    wanted = form.settings()
    changes = {name: getattr(wanted, name) for name in NewDelivery.__dataclass_fields__}
    with _file(form) as hold_for:
        seen = form.cleaned_data["seen"]
        edit_delivery(number, changes, seen=seen, now=now(), actor=actor, aim=form.aim())
        hold_for(number, actor)


@contextmanager
def _file(form: DeliveryForm) -> Iterator[Callable[[int, str], None]]:
    """Keep the file that was given, once it was seen that it can be used; gives what holds it for the delivery."""
    file = form.cleaned_data["file"]
    if form.cleaned_data["target"] != "file" or not file:
        yield lambda number, actor: None
        return
    with kept(file) as path:
        look_at(path, name=file.name, options=_options(form))

        def hold_for(number: int, actor: str) -> None:
            into, options = Into(delivery=number), _options(form)
            hold(path, name=file.name, options=options, now=now(), actor=actor, into=into)

        yield hold_for


def _options(form: DeliveryForm) -> FileOptions:
    config = current_site().config
    return FileOptions(
        mapping={},
        encoding=form.cleaned_data["encoding"] or "utf-8",
        region=config.site.default_region,
        allow_undotted=config.email.allow_undotted,
    )


def _shown(request: HttpRequest, form: DeliveryForm, *, number: int | None = None, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "number": number,
        "again": status != 200,
        "changed": status == 409,
    }
    return render(request, "console/deliveries/edit.html", context, status=status)


def _saved(request: HttpRequest, number: int) -> HttpResponse:
    messages.success(request, _("Saved as a draft. Nothing is sent before it was prepared and you say so."))
    upload = upload_for(number)
    if request.POST.get("target") == FILE and upload is not None and upload.status is UploadStatus.ASKING:
        return redirect("profile_import_columns", upload.id)
    return redirect(f"{reverse('delivery_show', args=(number,))}?saved=1")
