"""Files of people: given here, read by a worker, told line by line."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from rebond.core.permissions import Operation
from rebond.core.words import UploadStatus
from rebond.jobs import ask
from rebond.services.errors import InputError
from rebond.services.people_file import FileOptions
from rebond.services.reach import choices
from rebond.services.uploads import Into, get_upload, recent_uploads, take
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.uploads import keep

_GOING = (UploadStatus.WAITING, UploadStatus.RUNNING)


class ImportForm(forms.Form):
    """A file of people, how it is read, and what its people become part of."""

    file = forms.FileField(
        label=gettext_lazy("File of people"),
        help_text=gettext_lazy("CSV (comma, semicolon or tab) or JSON Lines (.jsonl); a column id names the profiles."),
    )
    encoding = forms.CharField(label=gettext_lazy("Encoding of the file"), initial="utf-8", max_length=40)
    mapping = forms.CharField(
        label=gettext_lazy("Columns"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Which column fills which field, where names differ: email=Mail, first_name=Prénom."),
    )
    people_list = forms.ChoiceField(label=gettext_lazy("Put them on a list"), required=False)
    service = forms.ChoiceField(label=gettext_lazy("Subscribe them to a service"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        known = choices()
        for name, rows in (("people_list", known.lists), ("service", known.services)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "–"), *((str(number), text) for number, text in rows)]

    def clean_mapping(self) -> dict[str, str]:
        mapping: dict[str, str] = {}
        for part in filter(None, map(str.strip, self.cleaned_data["mapping"].split(","))):
            field, equals, column = (side.strip() for side in part.partition("="))
            if not (field and equals and column) or field in mapping:
                raise forms.ValidationError(_("Write each once, as field=Column."))
            mapping[field] = column
        return mapping


@operation(Operation.WRITE_PROFILES)
@require_http_methods(["GET", "POST"])
def list_all(request: HttpRequest) -> HttpResponse:
    """List the last imports, and take another file."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            number = _taken(request, form)
        except InputError as error:
            form.add_error("file", str(error))
        else:
            messages.success(request, _("The file is kept; a worker reads it in."))
            return redirect("profile_import", number)
    status = 422 if request.method == "POST" else 200
    return render(request, "console/profiles/imports.html", {"form": form, "rows": recent_uploads()}, status=status)


def _taken(request: HttpRequest, form: ImportForm) -> int:
    config, values = current_site().config, form.cleaned_data
    options = FileOptions(
        mapping=values["mapping"],
        encoding=values["encoding"],
        region=config.site.default_region,
        allow_undotted=config.email.allow_undotted,
    )
    into = Into(people_list=_number(values["people_list"]), service=_number(values["service"]))
    path, actor = keep(values["file"]), person_of(request).name
    try:
        number = take(path, name=values["file"].name, options=options, now=now(), actor=actor, into=into)
    except InputError:
        path.unlink()
        raise
    ask("import")
    return number


def _number(text: str) -> int | None:
    return int(text) if text else None


@operation(Operation.WRITE_PROFILES)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show how far an import is, and its bad rows."""
    upload = get_upload(number)
    return render(request, "console/profiles/import.html", {"upload": upload, "going": upload.status in _GOING})


@operation(Operation.WRITE_PROFILES)
def live(request: HttpRequest, number: int) -> HttpResponse:
    """Give the figures of an import that goes on."""
    upload = get_upload(number)
    return render(request, "console/profiles/import_figures.html", {"upload": upload, "going": upload.status in _GOING})
