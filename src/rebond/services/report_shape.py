"""What every report is made of, for the page, the command, the API and the export alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from rebond.core.words import Channel
from rebond.store.read.facts import NO_GAPS, Gaps


class Kind(StrEnum):
    """How the values of a column are read: a share is one of 1, a word a value of a list of the vocabulary."""

    TEXT = "text"
    PROVIDER = "provider"
    NUMBER = "number"
    SHARE = "share"
    SECONDS = "seconds"
    DAY = "day"
    MOMENT = "moment"
    WORD = "word"


class Filter(StrEnum):
    """What a report can be filtered by beside its period."""

    CHANNEL = "channel"
    DELIVERY = "delivery"
    SERVICE = "service"
    PROVIDER = "provider"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `of` is the list of the vocabulary (a word), or the column that a share is a share of."""

    name: str
    kind: Kind = Kind.NUMBER
    of: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A named table; what its columns mean stands in `data/reports.toml`."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart of a table: `x` names the column of its labels, `series` those that are drawn, `most` how many rows."""

    table: str
    x: str
    series: tuple[str, ...]
    stacked: bool = False
    lines: bool = False
    limits: tuple[tuple[str, float], ...] = ()
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAbout:
    """What is asked for: both days are in it, in the site's zone; `service` is the number of one."""

    since: date
    until: date
    channel: Channel | None = None
    delivery: int | None = None
    service: int | None = None
    provider: str = ""
    domain: str = ""

    def filters(self) -> tuple[Filter, ...]:
        """Name what it is filtered by beside its period."""
        return tuple(one for one in Filter if getattr(self, one.value) not in (None, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedReport:
    """A report: `as_of` is when its sums were made, None when they never were; `gaps` what they lack of the period."""

    name: str
    about: ReportAbout
    as_of: datetime | None
    tables: tuple[Table, ...]
    drawings: tuple[Drawing, ...] = ()
    gaps: Gaps = NO_GAPS

    def table(self, name: str) -> Table:
        """Return one of its tables."""
        return next(table for table in self.tables if table.name == name)


def share_of(part: int, whole: int) -> float | None:
    """Return the share that a part is of the whole; None of nothing."""
    return part / whole if whole else None
