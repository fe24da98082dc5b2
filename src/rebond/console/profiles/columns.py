"""The columns of a file of people: what each is taken for, to be changed before anything is read in."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rebond.core.permissions import Operation
from rebond.jobs import ask
from rebond.services.column_roles import ID, Told, map_name, role_of
from rebond.services.errors import InputError
from rebond.services.people_columns import Column
from rebond.services.upload_columns import UploadColumns, columns_of, forget, settle
from rebond.web.access import operation, person_of
from rebond.web.current import now
from rebond.web.language import spoken

FIELD = "field"
_ROLES = ("email", "phone", "push", ID)


@dataclass(frozen=True, slots=True)
class Shown:
    """A column as the page has it: what it is taken for, and the field that it fills otherwise."""

    column: Column
    role: str
    field: str

    @property
    def guessed(self) -> bool:
        return self.column.told in {Told.GUESSED, Told.SEEN}

    @property
    def unusable(self) -> bool:
        return self.role == FIELD and not self.column.usable


@operation(Operation.WRITE_PROFILES)
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, number: int) -> HttpResponse:
    """Show what each column is taken for, and read the file in once that is settled."""
    found = columns_of(number)
    if request.method == "GET":
        return _page(request, found, [_shown(column) for column in found.columns])
    rows = [_typed(request, column) for column in found.columns]
    try:
        mapping = _mapping(rows)
        no_address = "no_address" in request.POST
        upload = settle(number, mapping=mapping, no_address=no_address, now=now(), actor=person_of(request).name)
    except InputError as error:
        return _page(request, found, rows, problem=spoken(error))
    ask("import")
    messages.success(request, _("The file is kept; a worker reads it in."))
    if upload.delivery is not None:
        return redirect(f"{reverse('delivery_show', args=(upload.delivery,))}?saved=1")
    return redirect("profile_import", number)


@operation(Operation.WRITE_PROFILES)
@require_POST
def drop(request: HttpRequest, number: int) -> HttpResponse:
    """Let go of a file that was not read in."""
    upload = forget(number)
    messages.success(request, _("The file is let go: nothing of it was read in."))
    if upload.delivery is not None:
        return redirect("delivery_edit", upload.delivery)
    return redirect("profile_imports")


def _page(
    request: HttpRequest, found: UploadColumns, rows: Sequence[Shown], *, problem: str | None = None
) -> HttpResponse:
    addressed = any(row.role in {"email", "phone", "push"} for row in rows)
    context = {
        "upload": found.upload,
        "rows": rows,
        "problem": found.problem if problem is None else problem,
        "addressed": addressed,
        "no_address": "no_address" in request.POST,
    }
    return render(request, "console/profiles/columns.html", context, status=422 if problem else 200)


def _shown(column: Column) -> Shown:
    name = map_name(column.role)
    if column.is_field:
        return Shown(column, FIELD, name)
    return Shown(column, name, column.name)


def _typed(request: HttpRequest, column: Column) -> Shown:
    role = request.POST.get(f"role_{column.place}", FIELD)
    name = request.POST.get(f"field_{column.place}", column.name).strip()[:255]
    return Shown(column, role if role in _ROLES else FIELD, name)


def _mapping(rows: Sequence[Shown]) -> dict[str, str]:
    """What was chosen, as a mapping; InputError when two columns were given the same."""
    mapping: dict[str, str] = {}
    for row in rows:
        field = row.field if row.role == FIELD else row.role
        if not field:
            raise InputError(_("Column %(place)s has no field to fill: name one.") % {"place": row.column.place})
        if row.role == FIELD and role_of(field) != field:
            words = _("Column %(place)s is to be a field, but %(field)s is the name of an address or of the id.")
            raise InputError(words % {"place": row.column.place, "field": field})
        if field in mapping:
            words = _("Columns %(one)s and %(other)s are both taken for the same: change one.")
            raise InputError(words % {"one": mapping[field], "other": row.column.name})
        mapping[field] = row.column.name
    return mapping
