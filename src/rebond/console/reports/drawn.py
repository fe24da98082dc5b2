"""A report as a page shows it: cells in the reader's words, charts of the tables that have one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from rebond.console.charts import Chart, Mark, Series, bars, lines, stacked_bars
from rebond.console.ranked import ranked
from rebond.console.reports.words import language, lasting, provider_name
from rebond.console.tags import badge, moment, number, percent, visible
from rebond.console.words import said, word
from rebond.core.words import AddressStatus, FailureType, QualificationStatus
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, Table
from rebond.services.report_words import column_title, definition, table_title

MOST_ROWS = 50
_MOST_BARS = 100
_BADGED = (AddressStatus, FailureType, QualificationStatus)
_NAMES = frozenset({"delivery", "year"})
_NUMBERS = frozenset({Kind.NUMBER, Kind.SHARE, Kind.SECONDS})


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    title: str
    numeric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One table of the page. `more`: rows that only the export has; `undrawn` says what the chart leaves out."""

    name: str
    title: str
    definition: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[tuple[str, bool]]]
    more: int
    chart: SafeString | str
    undrawn: str


def drawn(report: NamedReport) -> list[Drawn]:
    """Make the tables of a page, each with its chart."""
    charts = {one.table: one for one in report.drawings}
    return [
        Drawn(
            name=table.name,
            title=table_title(table.name, language=language()),
            definition=definition(report.name, table.name, language=language()),
            heads=[Head(_title(column), _is_number(column)) for column in table.columns],
            rows=[_row(table, row) for row in table.rows[:MOST_ROWS]],
            more=max(0, len(table.rows) - MOST_ROWS),
            chart=_chart(table, charts[table.name]) if table.name in charts and table.rows else "",
            undrawn=_undrawn(table, charts[table.name]) if table.name in charts else "",
        )
        for table in report.tables
    ]


def _title(column: Column) -> str:
    return column_title(column.name, language=language())


def _row(table: Table, row: Sequence[Any]) -> list[tuple[str, bool]]:
    pairs = zip(row, table.columns, strict=True)
    return [(_cell(value, column), _is_number(column)) for value, column in pairs]


def _is_number(column: Column) -> bool:
    """Tell what is to be compared from line to line; what names a thing is not."""
    return column.kind in _NUMBERS and column.name not in _NAMES


def _cell(value: Any, column: Column) -> str:
    if value is None:
        return _missing(column)
    if column.name == "delivery":
        return format_html('<a href="{}">{}</a>', reverse("delivery_show", args=[value]), str(value))
    if column.name in _NAMES:
        return str(value)
    match column.kind:
        case Kind.SHARE:
            return percent(value)
        case Kind.NUMBER:
            return number(value)
        case Kind.SECONDS:
            return lasting(value)
        case Kind.DAY:
            return date_format(value, "SHORT_DATE_FORMAT")
        case Kind.MOMENT:
            return moment(value)
        case Kind.WORD:
            return _word(value, column)
        case _:
            return _name(value, column)


def _missing(column: Column) -> str:
    """What stands for no value: of complaints nobody tells, which is not the same as none."""
    return gettext("unknown") if column.name == "complained_share" else "–"


def _word(value: Any, column: Column) -> str:
    if isinstance(value, _BADGED):
        return badge(value)
    if isinstance(value, StrEnum):
        return word(value)
    return said(column.of, str(value)) if value else ""


def _name(value: str, column: Column) -> str:
    if column.kind is Kind.PROVIDER:
        return provider_name(value)
    return visible(value) or (gettext("(others)") if column.name == "domain" else "")


def _undrawn(table: Table, drawing: Drawing) -> str:
    """Say what the chart does not show, or shows otherwise than the table."""
    if drawing.most and len(table.rows) > drawing.most:
        numbers = {"drawn": number(drawing.most), "all": number(len(table.rows))}
        return gettext("The %(drawn)s largest of %(all)s are drawn; the table and its file have the others.") % numbers
    return gettext("Each bar is a week, named by its Monday.") if _by_week(table, drawing) else ""


def _by_week(table: Table, drawing: Drawing) -> bool:
    """Bars for so many days would be thinner than a line."""
    return drawing.x == "day" and not drawing.lines and len(table.rows) > _MOST_BARS


def _chart(table: Table, drawing: Drawing) -> SafeString:
    names = [column.name for column in table.columns]
    x = names.index(drawing.x)
    series = [names.index(one) for one in drawing.series]
    rows: Sequence[Sequence[Any]] = table.rows[: drawing.most or None]
    if _by_week(table, drawing):
        rows = _weeks(rows, x, series)
    chart = Chart(
        title=table_title(table.name, language=language()),
        of=_title(table.columns[x]),
        labels=[_label(row[x], table.columns[x]) for row in rows],
        series=[Series(_title(table.columns[at]), [row[at] for row in rows]) for at in series],
        share=any(table.columns[at].kind is Kind.SHARE for at in series),
        tabled=False,
        missing=_missing(table.columns[series[0]]),
        marks=[Mark(column_title(name, language=language()), value) for name, value in drawing.limits],
    )
    if drawing.most:
        return ranked(chart)
    draw = stacked_bars if drawing.stacked else lines if drawing.lines else bars
    return draw(chart)


def _weeks(rows: Sequence[Sequence[Any]], x: int, series: Sequence[int]) -> list[list[Any]]:
    """Sum the days of each week."""
    weeks: dict[date, list[Any]] = {}
    for row in rows:
        monday = row[x] - timedelta(days=row[x].weekday())
        week = weeks.setdefault(monday, [monday if at == x else 0 for at in range(len(row))])
        for at in series:
            week[at] += row[at] or 0
    return list(weeks.values())


def _label(value: Any, column: Column) -> str:
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return _cell(value, column) or gettext("(others)")
