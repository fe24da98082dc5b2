"""Lists that come in and go out, and the views of the list that a person keeps."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rebond.console.exports import csv_form, give_file
from rebond.console.quarantine.forms import FilterForm, ImportForm
from rebond.core.permissions import Operation
from rebond.jobs.asking import ask
from rebond.jobs.names import BULK
from rebond.services.errors import InputError
from rebond.services.export_addresses import MEDIA_TYPES, ListFormat, export_addresses
from rebond.services.import_suppressions import ReadingList, import_suppressions
from rebond.services.saved_views import forget_view, save_view
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken_of_file
from rebond.web.uploads import keep

PAGE = "addresses"
_KEPT = (*FilterForm.base_fields, "sort")


@require_http_methods(["GET", "POST"])
@operation(Operation.WRITE_QUARANTINE)
def import_list(request: HttpRequest) -> HttpResponse:
    """Take in another system's list: it is read at once, and done by a worker."""
    if request.method == "GET":
        return render(request, "console/quarantine/import.html", {"form": ImportForm()})
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "console/quarantine/import.html", {"form": form}, status=422)
    given, config = form.cleaned_data, current_site().config
    reading = ReadingList(
        encoding=given["encoding"], region=config.site.default_region, allow_undotted=config.email.allow_undotted
    )
    path = keep(given["file"])
    try:
        begun = import_suppressions(
            path,
            name=given["file"].name,
            because=given["because"],
            actor=person_of(request).name,
            now=now,
            reading=reading,
        )
    except InputError as error:
        form.add_error("file", spoken_of_file(error, path))
        return render(request, "console/quarantine/import.html", {"form": form}, status=422)
    finally:
        path.unlink(missing_ok=True)
    ask(BULK)
    return redirect("quarantine_operation", begun.number)


@require_GET
@operation(Operation.READ_QUARANTINE)
def export(request: HttpRequest, extension: str) -> HttpResponseBase:
    """Give the list with its filters as a file."""
    form = FilterForm(request.GET)
    if extension not in set(ListFormat) or not form.is_valid():
        raise InputError(_("This list cannot be exported: a filter, or the format, is wrong."))
    to = ListFormat(extension)
    parts = export_addresses(wanted=form.wanted(), to=to, form=csv_form(request))
    return give_file(parts, name=f"addresses.{to}", kind=MEDIA_TYPES[to])


@require_POST
@operation(Operation.READ_QUARANTINE)
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters under a name."""
    kept = request.GET.copy()
    for name in set(kept) - set(_KEPT):
        del kept[name]
    query = "&".join(part for part in kept.urlencode().split("&") if not part.endswith("="))
    name = request.POST.get("name", "")
    save_view(person=person_of(request).name, page=PAGE, name=name, query=query)
    messages.success(request, _("The view is kept."))
    return redirect(f"{reverse('quarantine_list')}?{query}")


@require_POST
@operation(Operation.READ_QUARANTINE)
def forget(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a kept view."""
    forget_view(person=person_of(request).name, number=number)
    messages.success(request, _("The view is forgotten."))
    return redirect("quarantine_list")
