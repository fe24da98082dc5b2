"""What a chart is made of, and what all kinds of charts have in common."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from rebond.console.tags import number, percent

STEPS = 4
_TONES = 6


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one part of each bar: a value for each label, None where there is none; `tone` 1 to 6."""

    name: str
    values: Sequence[float | None]
    tone: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A level drawn across the chart, such as a limit."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn. `of` names what the labels are (the head of the table's first column); `share`: values are shares.

    `said` is the sentence that tells the chart to those who do not see it; without it the extent is told. `tabled` is
    False where the page has the whole table beside it; `missing` is written where there is no value.
    """

    title: str
    of: str
    labels: Sequence[str]
    series: Sequence[Series]
    said: str = ""
    share: bool = False
    tabled: bool = True
    marks: Sequence[Mark] = ()
    missing: str = "–"


def writer(chart: Chart) -> Callable[[float], str]:
    """Return how its values are written."""
    return percent if chart.share else lambda value: number(int(value) if float(value).is_integer() else value)


def round_top(chart: Chart, values: Iterable[float]) -> float:
    """Return a round number that everything drawn is below."""
    highest = max([*values, *(mark.value for mark in chart.marks)], default=0)
    if highest <= 0:
        return 0.01 * STEPS if chart.share else STEPS
    step = highest / STEPS
    power = 10.0 ** floor(log10(step))
    rounded = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= step * 0.999999)
    # Things are counted whole.
    return STEPS * (rounded if chart.share else max(1, ceil(rounded)))


def tone_of(series: Series, at: int) -> int:
    """Return the tone of the series at a place."""
    return series.tone or at % _TONES + 1


def legend(chart: Chart) -> SafeString:
    """Name the series, where there are several."""
    items = format_html_join(
        "", '<li class="s{}">{}</li>', ((tone_of(one, at), one.name) for at, one in enumerate(chart.series))
    )
    return format_html('<ul class="legend">{}</ul>', items) if len(chart.series) > 1 else SafeString("")
