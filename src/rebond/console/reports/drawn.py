"""A report as a page shows it: cells in the reader's words, charts of the tables that have one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from rebond.console.charts import Chart, Mark, Series, bars, lines, stacked_bars
from rebond.console.tags import badge, moment, number, percent, visible
from rebond.console.words import said, word
from rebond.core.words import AddressStatus, FailureType, QualificationStatus
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, Table
from rebond.services.report_words import column_title, definition, report_about, report_title, table_title

MOST_ROWS = 100
_BADGED = (AddressStatus, FailureType, QualificationStatus)
_NUMBERS = frozenset({Kind.NUMBER, Kind.SHARE, Kind.SECONDS})


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    title: str
    numeric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One table of the page. `more`: rows that only the export has."""

    name: str
    title: str
    definition: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[tuple[str, bool]]]
    more: int
    chart: SafeString | str


def language() -> str:
    """Return the reader's language, as the texts know it."""
    return "fr" if (get_language() or "en").startswith("fr") else "en"


def title_of(name: str) -> str:
    """Return a report's name."""
    return report_title(name, language=language())


def about_of(name: str) -> str:
    """Return what a report is about."""
    return report_about(name, language=language())


def drawn(report: NamedReport) -> list[Drawn]:
    """Make the tables of a page, each with its chart."""
    charts = {one.table: one for one in report.drawings}
    return [
        Drawn(
            name=table.name,
            title=table_title(table.name, language=language()),
            definition=definition(report.name, table.name, language=language()),
            heads=[Head(_title(column), column.kind in _NUMBERS) for column in table.columns],
            rows=[_row(table, row) for row in table.rows[:MOST_ROWS]],
            more=max(0, len(table.rows) - MOST_ROWS),
            chart=_chart(table, charts[table.name]) if table.name in charts and table.rows else "",
        )
        for table in report.tables
    ]


def _title(column: Column) -> str:
    return column_title(column.name, language=language())


def _row(table: Table, row: Sequence[Any]) -> list[tuple[str, bool]]:
    pairs = zip(row, table.columns, strict=True)
    return [(_cell(value, column), column.kind in _NUMBERS) for value, column in pairs]


def _cell(value: Any, column: Column) -> str:
    if value is None:
        return "–"
    if column.name in ("delivery", "year"):
        return str(value)
    match column.kind:
        case Kind.SHARE:
            return percent(value)
        case Kind.NUMBER:
            return number(value)
        case Kind.SECONDS:
            return gettext("%(seconds)s s") % {"seconds": number(round(value))}
        case Kind.DAY:
            return date_format(value, "SHORT_DATE_FORMAT")
        case Kind.MOMENT:
            return moment(value)
        case Kind.WORD:
            return _word(value, column)
        case _:
            return visible(value) or _nameless(column)


def _word(value: Any, column: Column) -> str:
    if isinstance(value, _BADGED):
        return badge(value)
    if isinstance(value, StrEnum):
        return word(value)
    return said(column.of, str(value)) if value else gettext("Together") if column.of == "ErrorFamily" else ""


def _nameless(column: Column) -> str:
    return gettext("(others)") if column.name in ("domain", "provider") else ""


def _chart(table: Table, drawing: Drawing) -> SafeString:
    names = [column.name for column in table.columns]
    x = names.index(drawing.x)
    share = any(column.name in drawing.series and column.kind is Kind.SHARE for column in table.columns)
    chart = Chart(
        title=table_title(table.name, language=language()),
        of=_title(table.columns[x]),
        labels=[_label(row[x]) for row in table.rows],
        series=[_series(table, names.index(one)) for one in drawing.series],
        share=share,
        tabled=False,
        marks=[Mark(column_title(name, language=language()), value) for name, value in drawing.limits],
    )
    draw = stacked_bars if drawing.stacked else lines if drawing.lines else bars
    return draw(chart)


def _series(table: Table, at: int) -> Series:
    return Series(_title(table.columns[at]), [row[at] for row in table.rows])


def _label(value: Any) -> str:
    return date_format(value, "SHORT_DATE_FORMAT") if isinstance(value, date) else visible(value) or gettext("(others)")
