"""The reports, and their tables as files."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext

from rebond.console.exports import csv_form, give_file
from rebond.console.reports.drawn import drawn
from rebond.console.reports.forms import ReportForm
from rebond.console.reports.words import about_of, title_of
from rebond.core.permissions import Operation
from rebond.jobs.names import AGGREGATES
from rebond.jobs.state import job_state
from rebond.services.errors import InputError, NotFoundError
from rebond.services.report_export import MEDIA_TYPES, Format, export_table, formats
from rebond.services.report_shape import Filter
from rebond.services.reports import REPORTS, filters_of, make_report
from rebond.store.read.reports import deliveries_seen
from rebond.web.access import operation
from rebond.web.current import current_site
from rebond.web.language import spoken
from rebond.web.reporting import reporting_of

_MOST_DELIVERIES = 50
_REFUSED = 422


@operation(Operation.READ_REPORTS)
def report_list(request: HttpRequest) -> HttpResponse:
    """Name the reports and say what each is about."""
    reports = [{"name": name, "title": title_of(name), "about": about_of(name)} for name in REPORTS]
    return render(request, "console/reports/list.html", {"reports": reports})


@operation(Operation.READ_REPORTS)
def report_show(request: HttpRequest, name: str) -> HttpResponse:
    """Show a report for what is asked in its address, which is so a permalink."""
    _check(name)
    reporting = reporting_of(current_site())
    form = ReportForm(request.GET, name=name, reporting=reporting)
    report = None
    try:
        report = make_report(name, form.about(), reporting=reporting) if form.is_valid() else None
    except InputError as error:
        form.add_error("since", spoken(error))
    context = {
        "name": name,
        "title": title_of(name),
        "about": about_of(name),
        "form": form,
        "reports": [(other, title_of(other), _kept(request.GET, other)) for other in REPORTS],
        "report": report,
        "tables": drawn(report) if report else (),
        "formats": formats(),
        "deliveries": deliveries_seen(_MOST_DELIVERIES) if Filter.DELIVERY in filters_of(name) else (),
        "next_run": _next_run() if report and report.as_of is None else None,
        "job": AGGREGATES,
    }
    return render(request, "console/reports/show.html", context, status=200 if report else _REFUSED)


@operation(Operation.READ_REPORTS)
def report_export(request: HttpRequest, name: str, table: str, extension: str) -> HttpResponseBase:
    """Give a table of a report as a file."""
    _check(name)
    reporting = reporting_of(current_site())
    form = ReportForm(request.GET, name=name, reporting=reporting)
    if not form.is_valid():
        raise InputError("; ".join(f"{_label(form, field)}{text}" for field, of in form.errors.items() for text in of))
    report = make_report(name, form.about(), reporting=reporting)
    if extension not in {one.value for one in Format} or table not in {one.name for one in report.tables}:
        raise NotFoundError(gettext("There is no such file of this report."))
    to = Format(extension)
    parts = export_table(report.table(table), to=to, form=csv_form(request))
    return give_file(parts, name=f"{name}-{table}.{extension}", kind=MEDIA_TYPES[to])


def _check(name: str) -> None:
    if name not in REPORTS:
        raise NotFoundError(gettext("There is no report of this name."))


def _label(form: ReportForm, field: str) -> str:
    return f"{form.fields[field].label}: " if field in form.fields else ""


def _kept(asked: QueryDict, name: str) -> str:
    """What is asked here as far as another report knows it too."""
    known = {"since", "until", *(one.value for one in filters_of(name))}
    kept = QueryDict(mutable=True)
    for field in sorted(known & asked.keys()):
        if value := asked.get(field):
            kept[field] = value
    return f"?{kept.urlencode()}" if kept else ""


def _next_run() -> datetime:
    return job_state(current_site(), AGGREGATES).next_run
