"""Charts drawn by the server: SVG that follows the width of its place, with the same numbers as a table below.

Nothing here needs a script or a style: widths are percentages, heights are fixed, colours are classes of the console's
sheet. Each figure says what it shows to those who do not see it, and series differ by more than colour.
"""

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from rebond.console.chart_shape import STEPS, Chart, Mark, Series, legend, round_top, tone_of, writer
from rebond.console.tags import percent

__all__ = ["Chart", "Mark", "Series", "bars", "lines", "share_bar", "stacked_bars"]

_HEIGHT = 200
_TOP = 18
_FOOT = 22
_PLOT = _HEIGHT - _TOP - _FOOT
_MOST_LABELS = 7
# How much of the place of a bar is empty on each side, in percent.
_SIDE = 12
_DASHES = ("", "7 4", "2 4", "10 3 2 3", "4 2", "1 3")


def lines(chart: Chart) -> SafeString:
    """Draw a line for each series over the labels, evenly spaced."""
    top = round_top(chart, _values(chart))
    parts = [_line(one, at, top=top) for at, one in enumerate(chart.series)]
    dots = [dot for at, one in enumerate(chart.series) for dot in _dots(one, at, top=top)]
    return _figure(chart, top=top, drawn=[_frame(parts), *dots])


def bars(chart: Chart) -> SafeString:
    """Draw for each label the bars of all series side by side."""
    top = round_top(chart, _values(chart))
    width = 100 / max(len(chart.labels), 1)
    each = width * 0.76 / max(len(chart.series), 1)
    drawn = [
        _bar(place * width + width * _SIDE / 100 + at * each, each, tone=tone_of(one, at), top=top, value=value)
        for at, one in enumerate(chart.series)
        for place, value in enumerate(one.values)
        if value
    ]
    return _figure(chart, top=top, drawn=drawn, bars=True)


def stacked_bars(chart: Chart) -> SafeString:
    """Draw for each label one bar of the series upon one another; only parts of one whole may be stacked."""
    heights = [0.0] * len(chart.labels)
    width = 100 / max(len(chart.labels), 1)
    sums = [sum(one.values[place] or 0 for one in chart.series) for place in range(len(chart.labels))]
    top = round_top(chart, sums)
    drawn = []
    for at, one in enumerate(chart.series):
        for place, value in enumerate(one.values):
            if value:
                left = place * width + width * _SIDE / 100
                tone, start = tone_of(one, at), heights[place]
                drawn.append(_bar(left, width * 0.76, tone=tone, top=top, value=value, start=start))
                heights[place] += value
    return _figure(chart, top=top, drawn=drawn, bars=True)


def share_bar(parts: Iterable[tuple[str, float, int]], *, of: float) -> SafeString:
    """Draw one thin bar for a table's row: name, value and tone of each part, as shares of a whole."""
    drawn, told, left = [], [], 0.0
    for name, value, tone in parts:
        told.append(f"{name} {percent(value, of)}")
        if value and of:
            width = min(value / of * 100, 100 - left)
            drawn.append((f"{left:.2f}%", f"{width:.2f}%", tone))
            left += width
    rects = format_html_join("", '<rect class="bar s{2}" x="{0}" y="0" width="{1}" height="8"/>', drawn)
    return format_html(
        '<svg class="chart share" role="img" height="8"><title>{}</title>'
        '<rect class="rest" x="0" y="0" width="100%" height="8"/>{}</svg>',
        ", ".join(told),
        rects,
    )


def _figure(chart: Chart, *, top: float, drawn: Sequence[SafeString], bars: bool = False) -> SafeString:
    layers = [*_grid(top), *drawn, *_levels(chart, top), *_marks(chart, top), *_hits(chart, bars=bars)]
    return format_html(
        '<figure class="stack-small"><figcaption class="label">{title}</figcaption>'
        '<svg class="chart fluid" role="img" aria-label="{title}. {said}" height="{height}">'
        "<title>{title}</title><desc>{said}</desc>{drawn}{labels}</svg>{legend}{table}</figure>",
        title=chart.title,
        said=chart.said or _extent(chart),
        height=_HEIGHT,
        drawn=_joined(layers),
        labels=_labels(chart, bars=bars),
        legend=legend(chart),
        table=_table(chart) if chart.tabled else "",
    )


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _values(chart: Chart) -> list[float]:
    return [value for one in chart.series for value in one.values if value is not None]


def _extent(chart: Chart) -> str:
    """Say each series in a few words: where it begins, its highest, where it ends."""
    write = writer(chart)
    told = []
    for one in chart.series:
        known = [(label, value) for label, value in zip(chart.labels, one.values, strict=True) if value is not None]
        if not known:
            continue
        label, value = max(known, key=lambda pair: pair[1])
        names = {"name": one.name, "highest": write(value), "at": label, "last": write(known[-1][1])}
        told.append(gettext("%(name)s: at most %(highest)s (%(at)s), at the end %(last)s.") % names)
    return " ".join(told) or gettext("There is nothing to draw yet.")


def _y(value: float, top: float) -> float:
    return round(_TOP + _PLOT * (1 - min(max(value, 0) / top, 1)), 2)


def _grid(top: float) -> list[SafeString]:
    return [
        format_html('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>', _y(top * step / STEPS, top))
        for step in range(STEPS + 1)
    ]


def _levels(chart: Chart, top: float) -> list[SafeString]:
    """The number of each line above it, upon what is drawn: so the drawing has the whole width of a phone."""
    write = writer(chart)
    return [
        format_html('<text x="0" y="{}">{}</text>', _y(top * step / STEPS, top) - 3, write(top * step / STEPS))
        for step in range(1, STEPS + 1)
    ]


def _marks(chart: Chart, top: float) -> list[SafeString]:
    return [
        format_html(
            '<line class="limit" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
            '<text x="100%" y="{above}" text-anchor="end">{name}</text>',
            y=_y(mark.value, top),
            above=_y(mark.value, top) - 3,
            name=mark.name,
        )
        for mark in chart.marks
    ]


def _frame(parts: Sequence[SafeString]) -> SafeString:
    """What is stretched to the width; strokes keep theirs."""
    return format_html(
        '<svg x="0" y="{}" width="100%" height="{}" viewBox="0 0 1000 {}" preserveAspectRatio="none"'
        ' overflow="visible">{}</svg>',
        *(_TOP, _PLOT, _PLOT, _joined(parts)),
    )


def _line(series: Series, at: int, *, top: float) -> SafeString:
    """A series as lines, broken where a value is missing."""
    last = max(len(series.values) - 1, 1)
    dash = format_html(' stroke-dasharray="{}"', _DASHES[at % len(_DASHES)]) if _DASHES[at % len(_DASHES)] else ""
    return format_html_join(
        "",
        '<path class="line s{}"{} vector-effect="non-scaling-stroke" stroke-linecap="round" d="{}"/>',
        (
            (tone_of(series, at), dash, _path([(1000 * place / last, _y(value, top) - _TOP) for place, value in run]))
            for run in _runs(series)
            if len(run) > 1
        ),
    )


def _dots(series: Series, at: int, *, top: float) -> list[SafeString]:
    """A value alone, with none before and after it, as a dot."""
    places = len(series.values)
    return [
        format_html(
            '<circle class="dot s{}" cx="{}%" cy="{}" r="4"/>',
            *(tone_of(series, at), f"{100 * run[0][0] / (places - 1) if places > 1 else 50:.2f}", _y(run[0][1], top)),
        )
        for run in _runs(series)
        if len(run) == 1
    ]


def _runs(series: Series) -> list[list[tuple[int, float]]]:
    """The places and values that follow one another without a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(series.values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _path(run: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run)


def _bar(left: float, width: float, *, tone: int, top: float, value: float, start: float = 0) -> SafeString:
    high, low = _y(start + value, top), _y(start, top)
    return format_html(
        '<rect class="bar s{}" x="{}%" y="{}" width="{}%" height="{}"/>',
        tone,
        f"{left:.3f}",
        high,
        f"{max(width, 0.1):.3f}",
        round(max(low - high, 1), 2),
    )


def _hits(chart: Chart, *, bars: bool = False) -> list[SafeString]:
    """What tells the numbers of a place to a pointer."""
    write = writer(chart)
    places = len(chart.labels)
    found = []
    for place, label in enumerate(chart.labels):
        width = 100 / places if bars else 100 / max(places - 1, 1)
        left = place * width if bars or places == 1 else place * width - width / 2
        values = [
            f"{one.name} {write(value)}" for one in chart.series for value in [one.values[place]] if value is not None
        ]
        found.append(
            format_html(
                '<rect class="hit" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>',
                *(f"{left:.3f}", _TOP, f"{width:.3f}", _PLOT, f"{label}: {', '.join(values)}"),
            )
        )
    return found


def _labels(chart: Chart, *, bars: bool) -> SafeString:
    """A few of the labels below, evenly apart, so that they do not meet; a phone shows only the first and the last."""
    places = len(chart.labels)
    rows = []
    for place in _labelled(places):
        x = 100 * (place + 0.5) / places if bars else 100 * place / (places - 1) if places > 1 else 50
        few = places == 1 or (bars and places < _MOST_LABELS)
        edge = "middle" if few or 0 < place < places - 1 else "end" if place else "start"
        last = place == places - 1
        kept = "spare" if (few and places > 1) or 0 < place < places - 1 else "kept"
        x = {"start": 0.0, "end": 100.0}.get(edge, x)
        rows.append((f"{x:.2f}%", _HEIGHT - 6, edge, kept, chart.labels[place]))
        if few and places > 1 and (last or place == 0):
            # In the middle of its bar a long word would be cut by the edge of a phone.
            left = (100 * place + (100 - _SIDE if last else _SIDE)) / places
            rows.append((f"{left:.2f}%", _HEIGHT - 6, "end" if last else "start", "phone", chart.labels[place]))
    return format_html_join("", '<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>', rows)


def _labelled(places: int) -> list[int]:
    """Which places have a label: the first, the last, and some between them, as far apart as can be."""
    if places <= _MOST_LABELS:
        return list(range(places))
    # So many steps that each is of the same length, where there is such a number; otherwise nearly so.
    steps = next((steps for steps in range(_MOST_LABELS - 1, 2, -1) if (places - 1) % steps == 0), _MOST_LABELS - 1)
    return [round(step * (places - 1) / steps) for step in range(steps + 1)]


def _table(chart: Chart) -> SafeString:
    write = writer(chart)
    heads = format_html_join("", '<th scope="col" class="number">{}</th>', ((one.name,) for one in chart.series))
    rows = []
    for place, label in enumerate(chart.labels):
        values = [one.values[place] for one in chart.series]
        cells = [("–" if value is None else write(value),) for value in values]
        rows.append((label, format_html_join("", '<td class="number">{}</td>', cells)))
    return format_html(
        '<details><summary>{}</summary><div class="table"><table><thead><tr><th scope="col">{}</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></details>",
        gettext("The numbers as a table"),
        chart.of,
        heads,
        format_html_join("", '<tr><th scope="row">{}</th>{}</tr>', rows),
    )
