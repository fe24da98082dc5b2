"""`/reports`: the reports of the console as data; each table has its columns and rows."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from rebond.api.base import Number, Told
from rebond.api.gate import needs
from rebond.core.permissions import Operation
from rebond.core.words import Channel
from rebond.services.report_shape import Kind, NamedReport, ReportAbout, Table
from rebond.services.report_words import definition, report_about
from rebond.services.reports import REPORTS, make_report
from rebond.web.current import current_site, now
from rebond.web.reporting import reporting_of

router = Router(tags=["Reports"])
_DAYS = 30


class ReportName(Told):
    name: str
    about: str


class ReportNames(Told):
    items: list[ReportName]


class ReportColumn(Told):
    name: str
    kind: Kind
    of: Annotated[str, Field(description="The list of the vocabulary, or the column that a share is a share of.")]


class ReportTable(Told):
    name: str
    definition: Annotated[str, Field(description="What its figures mean.")]
    columns: list[ReportColumn]
    rows: list[list[str | int | float | bool | None]]


class Report(Told):
    name: str
    since: date
    until: date
    as_of: Annotated[datetime | None, Field(description="When its sums were made; null: never.")]
    tables: list[ReportTable]


@router.get("/reports", response=ReportNames, summary="List the reports", **needs(Operation.READ_REPORTS))
def list_reports(request: HttpRequest) -> dict[str, Any]:
    """Name each report, and say what it tells."""
    return {"items": [{"name": name, "about": report_about(name, language="en")} for name in REPORTS]}


@router.get("/reports/{name}", response=Report, summary="Make a report", **needs(Operation.READ_REPORTS))
def get_report(
    request: HttpRequest,
    *,
    name: Annotated[str, Field(max_length=64)],
    since: date | None = None,
    until: date | None = None,
    channel: Channel | None = None,
    delivery: Number | None = None,
    provider: Annotated[str, Field(max_length=64)] = "",
) -> dict[str, Any]:
    """Of a period in the site's zone, 30 days up to today unless told; both days are in it."""
    site = current_site()
    last = until or now().astimezone(ZoneInfo(site.config.site.time_zone)).date()
    first = since or _before(last)
    about = ReportAbout(since=first, until=last, channel=channel, delivery=delivery, provider=provider)
    return _told(make_report(name, about, reporting=reporting_of(site)))


def _before(last: date) -> date:
    try:
        return last - timedelta(days=_DAYS - 1)
    except OverflowError:
        return date.min


def _told(made: NamedReport) -> dict[str, Any]:
    tables = [_table(made, table) for table in made.tables]
    about = {"since": made.about.since, "until": made.about.until}
    return {"name": made.name, **about, "as_of": made.as_of, "tables": tables}


def _table(made: NamedReport, table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "definition": definition(made.name, table.name, language="en"),
        "columns": table.columns,
        "rows": [[_plain(value) for value in row] for row in table.rows],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
