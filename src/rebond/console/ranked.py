"""Bars for things that have names, one below another: readable at every width, however long the names are."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from rebond.console.chart_shape import Chart, Mark, Series, legend, round_top, tone_of, writer


def ranked(chart: Chart) -> SafeString:
    """Draw for each label its name, its numbers, and a thin bar for each series."""
    values = [value for one in chart.series for value in one.values if value is not None]
    top = round_top(chart, values)
    rows = format_html_join(
        "",
        '<li><div class="ranked-head"><span>{}</span><span class="number">{}</span></div>{}</li>',
        ((label, _numbers(chart, place), _bars(chart, place, top)) for place, label in enumerate(chart.labels)),
    )
    return format_html(
        '<figure class="stack-small"><figcaption class="label">{}</figcaption>{}<ul class="ranked">{}</ul>{}</figure>',
        *(chart.title, legend(chart), rows, _told(chart.marks, chart)),
    )


def _numbers(chart: Chart, place: int) -> str:
    write = writer(chart)
    values = (one.values[place] for one in chart.series)
    return " · ".join(chart.missing if value is None else write(value) for value in values)


def _bars(chart: Chart, place: int, top: float) -> SafeString:
    return format_html_join(
        "", "{}", ((_bar(one, at, place, top, chart.marks),) for at, one in enumerate(chart.series))
    )


def _bar(series: Series, at: int, place: int, top: float, marks: Sequence[Mark]) -> SafeString:
    width = min((series.values[place] or 0) / top * 100, 100)
    limits = format_html_join(
        "",
        '<line class="limit" x1="{0}" x2="{0}" y1="0" y2="8"/>',
        ((f"{mark.value / top * 100:.2f}%",) for mark in marks),
    )
    return format_html(
        '<svg class="chart share" aria-hidden="true" height="8">'
        '<rect class="rest" x="0" y="0" width="100%" height="8"/>'
        '<rect class="bar s{}" x="0" y="0" width="{}%" height="8"/>{}</svg>',
        *(tone_of(series, at), f"{width:.2f}", limits),
    )


def _told(marks: Sequence[Mark], chart: Chart) -> SafeString:
    """Say what the lines across the bars are."""
    write = writer(chart)
    if not marks:
        return SafeString("")
    return format_html('<p class="definition">{}</p>', " · ".join(f"{mark.name} {write(mark.value)}" for mark in marks))
