"""`/reports`: the reports of the console as data; each table has its columns and rows."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from rebond.api.base import Number, Told
from rebond.api.gate import needs
from rebond.core.permissions import Operation
from rebond.core.words import Channel
from rebond.services.report_shape import Filter, Kind, NamedReport, Table
from rebond.services.report_words import definition, report_about
from rebond.services.reports import REPORTS, about_of, filters_of, make_report
from rebond.web.current import current_site
from rebond.web.reporting import reporting_of

router = Router(tags=["Reports"])


class ReportName(Told):
    name: str
    about: str
    filters: Annotated[list[Filter], Field(description="What it can be filtered by beside its period.")]


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


class ReportGaps(Told):
    waiting: Annotated[int, Field(description="Deliveries that are still to be summed by provider and domain.")]
    gone: Annotated[int, Field(description="Deliveries whose messages were no longer kept when they were summed so.")]
    beyond: Annotated[int, Field(description="Messages at small domains, which are summed together.")]
    unplaced: Annotated[int, Field(description="Entries into quarantine whose provider and domain are not known.")]


class Report(Told):
    name: str
    since: date
    until: date
    as_of: Annotated[datetime | None, Field(description="When its sums were made; null: never.")]
    gaps: Annotated[ReportGaps, Field(description="What a report of one provider or domain lacks of its period.")]
    tables: list[ReportTable]


@router.get("/reports", response=ReportNames, summary="List the reports", **needs(Operation.READ_REPORTS))
def list_reports(request: HttpRequest) -> dict[str, Any]:
    """Name each report, and say what it tells."""
    names = ((name, report_about(name, language="en")) for name in REPORTS)
    return {"items": [{"name": name, "about": about, "filters": _filters(name)} for name, about in names]}


@router.get("/reports/{name}", response=Report, summary="Make a report", **needs(Operation.READ_REPORTS))
def get_report(
    request: HttpRequest,
    *,
    name: Annotated[str, Field(max_length=64)],
    since: date | None = None,
    until: date | None = None,
    channel: Channel | None = None,
    delivery: Number | None = None,
    service: Annotated[Number | None, Field(description="The number of a service that deliveries went to.")] = None,
    provider: Annotated[str, Field(max_length=64)] = "",
    domain: Annotated[str, Field(max_length=255, description="A domain of email addresses.")] = "",
) -> dict[str, Any]:
    """Of a period in the site's zone, 30 days up to today unless told; both days are in it.

    A report that cannot be filtered by what is asked answers 422 and says why.
    """
    reporting = reporting_of(current_site())
    about = about_of(
        reporting=reporting,
        since=since,
        until=until,
        channel=channel,
        delivery=delivery,
        service=service,
        provider=provider,
        domain=domain,
    )
    return _told(make_report(name, about, reporting=reporting))


def _filters(name: str) -> list[Filter]:
    known = filters_of(name)
    return [one for one in Filter if one in known]


def _told(made: NamedReport) -> dict[str, Any]:
    tables = [_table(made, table) for table in made.tables]
    about = {"since": made.about.since, "until": made.about.until}
    return {"name": made.name, **about, "as_of": made.as_of, "gaps": asdict(made.gaps), "tables": tables}


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
