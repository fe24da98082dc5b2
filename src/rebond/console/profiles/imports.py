"""Files of people: given here, read by a worker, told line by line."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from rebond.console.encodings import ENCODINGS
from rebond.core.permissions import Operation
from rebond.core.words import UploadStatus
from rebond.services.errors import InputError
from rebond.services.people_file import FileOptions
from rebond.services.reach import choices
from rebond.services.upload_columns import hold
from rebond.services.uploads import Into, get_upload, recent_uploads
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken
from rebond.web.uploads import kept

_GOING = (UploadStatus.WAITING, UploadStatus.RUNNING)


class ImportForm(forms.Form):
    """A file of people, how it is read, and what its people become part of."""

    file = forms.FileField(
        label=gettext_lazy("File of people"),
        help_text=gettext_lazy("CSV (comma, semicolon or tab) or JSON Lines (.jsonl); a column id names the profiles."),
    )
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding of the file"), choices=ENCODINGS, initial="utf-8")
    people_list = forms.ChoiceField(label=gettext_lazy("Put them on a list"), required=False)
    service = forms.ChoiceField(label=gettext_lazy("Subscribe them to a service"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        known = choices()
        for name, rows in (("people_list", known.lists), ("service", known.services)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "–"), *((str(number), text) for number, text in rows)]


@operation(Operation.WRITE_PROFILES)
@require_http_methods(["GET", "POST"])
def list_all(request: HttpRequest) -> HttpResponse:
    """List the last imports, and take another file."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            number = _taken(request, form)
        except InputError as error:
            form.add_error("file", spoken(error))
        else:
            return redirect("profile_import_columns", number)
    status = 422 if request.method == "POST" else 200
    return render(request, "console/profiles/imports.html", {"form": form, "rows": recent_uploads()}, status=status)


def _taken(request: HttpRequest, form: ImportForm) -> int:
    config, values = current_site().config, form.cleaned_data
    options = FileOptions(
        mapping={},
        encoding=values["encoding"],
        region=config.site.default_region,
        allow_undotted=config.email.allow_undotted,
    )
    into = Into(people_list=_number(values["people_list"]), service=_number(values["service"]))
    with kept(values["file"]) as path:
        actor = person_of(request).name
        return hold(path, name=values["file"].name, options=options, now=now(), actor=actor, into=into)


def _number(text: str) -> int | None:
    return int(text) if text else None


@operation(Operation.WRITE_PROFILES)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show how far an import is, and its bad rows."""
    upload = get_upload(number)
    if upload.status is UploadStatus.ASKING:
        return redirect("profile_import_columns", number)
    return render(request, "console/profiles/import.html", {"upload": upload, "going": upload.status in _GOING})


@operation(Operation.WRITE_PROFILES)
def live(request: HttpRequest, number: int) -> HttpResponse:
    """Give the figures of an import that goes on."""
    upload = get_upload(number)
    return render(request, "console/profiles/import_figures.html", {"upload": upload, "going": upload.status in _GOING})
