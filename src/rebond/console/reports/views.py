"""The reports, and their tables as files."""

from datetime import date

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext

from rebond.console.reports.drawn import about_of, drawn, title_of
from rebond.console.reports.forms import ReportForm
from rebond.core.permissions import Operation
from rebond.services.errors import InputError, NotFoundError
from rebond.services.report_export import MEDIA_TYPES, Format, export_table
from rebond.services.report_shape import NamedReport
from rebond.services.reports import REPORTS, make_report
from rebond.store.read.reports import providers_seen
from rebond.web.access import operation
from rebond.web.current import current_site, now
from rebond.web.reporting import reporting_of


@operation(Operation.READ_REPORTS)
def report_list(request: HttpRequest) -> HttpResponse:
    """Name the reports and say what each is about."""
    reports = [{"name": name, "title": title_of(name), "about": about_of(name)} for name in REPORTS]
    return render(request, "console/reports/list.html", {"reports": reports})


@operation(Operation.READ_REPORTS)
def report_show(request: HttpRequest, name: str) -> HttpResponse:
    """Show a report for what is asked in its address, which is so a permalink."""
    if name not in REPORTS:
        raise NotFoundError(gettext("There is no report of this name."))
    form = ReportForm(request.GET, providers=providers_seen(), today=_today())
    page = {"name": name, "title": title_of(name), "about": about_of(name), "form": form, "reports": _names()}
    try:
        report = _made(name, form) if form.is_valid() else None
    except InputError as error:
        form.add_error("since", str(error))
        report = None
    shown = {"report": report, "tables": drawn(report) if report else (), "formats": list(Format)}
    return render(request, "console/reports/show.html", {**page, **shown}, status=200 if report else 422)


@operation(Operation.READ_REPORTS)
def report_export(request: HttpRequest, name: str, table: str, extension: str) -> HttpResponseBase:
    """Give a table of a report as a file."""
    form = ReportForm(request.GET, providers=providers_seen(), today=_today())
    if not form.is_valid():
        raise InputError("; ".join(f"{field}: {text}" for field, found in form.errors.items() for text in found))
    report = _made(name, form)
    if extension not in {one.value for one in Format} or table not in {one.name for one in report.tables}:
        raise NotFoundError(gettext("There is no such file of this report."))
    to = Format(extension)
    answer = StreamingHttpResponse(export_table(report.table(table), to=to), content_type=MEDIA_TYPES[to])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{table}.{extension}"'
    return answer


def _made(name: str, form: ReportForm) -> NamedReport:
    return make_report(name, form.about(), reporting=reporting_of(current_site()))


def _names() -> list[tuple[str, str]]:
    return [(name, title_of(name)) for name in REPORTS]


def _today() -> date:
    return localtime(now()).date()
