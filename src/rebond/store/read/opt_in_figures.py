"""What became of the requests of landing pages, from sums that are kept with them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from rebond.core.words import OptInStatus
from rebond.store.models import OptInFact, OptInRequest

# Within how many seconds somebody confirmed; whoever waited longer is counted in none of these.
WAITS: Mapping[str, int] = {
    "in_10_minutes": 600,
    "in_an_hour": 3600,
    "in_a_day": 86_400,
    "in_two_days": 2 * 86_400,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What became of the requests of a page, or of an hour; `open` ones can still be confirmed."""

    requested: int = 0
    repeated: int = 0
    refused: int = 0
    confirmed: int = 0
    open: int = 0
    in_10_minutes: int = 0
    in_an_hour: int = 0
    in_a_day: int = 0
    in_two_days: int = 0
    seconds: int = 0

    @property
    def expired(self) -> int:
        return max(0, self.requested - self.repeated - self.refused - self.confirmed - self.open)


_SUMS = tuple(name for name in Figures.__dataclass_fields__ if name != "open")


def _summed(rows: Any) -> Any:
    return rows.annotate(**{f"sum_{name}": Sum(name) for name in _SUMS})


def figures_of(pages: Collection[int], *, now: datetime) -> dict[int, Figures]:
    """Sum up what became of all requests of these pages."""
    rows = OptInFact.objects.filter(page__in=pages).values("page")
    waiting = _open(OptInRequest.objects.filter(page__in=pages), now=now).values("page_id").annotate(n=Count("id"))
    by_page = {row["page_id"]: row["n"] for row in waiting}
    return {
        row["page"]: Figures(**{name: row[f"sum_{name}"] for name in _SUMS}, open=by_page.get(row["page"], 0))
        for row in _summed(rows)
    }


def _open(rows: QuerySet[OptInRequest], *, now: datetime) -> QuerySet[OptInRequest]:
    """Choose those that can still be confirmed: two days' worth, not a log."""
    mailed = Q(status=OptInStatus.MAILED.value, expires_at__gte=now)
    return rows.filter(Q(status=OptInStatus.WAITING.value) | mailed)


@dataclass(frozen=True, slots=True)
class HourFigures:
    """The figures of one page and hour."""

    page: int
    hour: datetime
    figures: Figures


def figures_between(since: datetime, until: datetime, *, now: datetime) -> list[HourFigures]:
    """Read the figures of a period by page and hour."""
    rows = OptInFact.objects.filter(hour__gte=since, hour__lt=until).order_by("hour", "page")
    waiting: dict[tuple[int, datetime], int] = {}
    open_now = _open(OptInRequest.objects.filter(asked_at__gte=since, asked_at__lt=until), now=now)
    for page, at in open_now.values_list("page_id", "asked_at"):
        about = page, at.replace(minute=0, second=0, microsecond=0)
        waiting[about] = waiting.get(about, 0) + 1
    return [
        HourFigures(
            row.page,
            row.hour,
            Figures(**{name: getattr(row, name) for name in _SUMS}, open=waiting.get((row.page, row.hour), 0)),
        )
        for row in rows
    ]
