"""The table of states page by page, for people who look at a few of very many (specification 09)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from rebond.core.words import AddressStatus, Cause, Channel, ExclusionCause, Reason, StateOrder
from rebond.store.dialect import EmailDomain, moment
from rebond.store.models import AddressStateRow
from rebond.store.read.evidence import StateRow, state_row

# Error texts have no index: so many rows are looked through for one page; some first, since most texts are common.
LOOK = 20_000
_FIRST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFilter:
    """Which states are wanted; what is empty asks for nothing.

    `text` is looked for in the error text, whatever the case; `domain` is that of email addresses, as keys have it.
    The ends of the windows are not in them.
    """

    status: AddressStatus | None = None
    channel: Channel | None = None
    reason: Reason | None = None
    cause: Cause | ExclusionCause | None = None
    provider: str = ""
    domain: str = ""
    text: str = ""
    since_from: datetime | None = None
    since_to: datetime | None = None
    until_from: datetime | None = None
    until_to: datetime | None = None

    @property
    def empty(self) -> bool:
        """Tell whether every state is wanted."""
        return self == StateFilter()


# Where a page ends: the values of the order's columns.
Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatePage:
    """Some states in an order. `last` is where the next page begins, None at the end.

    `looked_through` tells how many rows were looked through when a page came short for it.
    """

    rows: Sequence[StateRow]
    last: Place | None
    looked_through: int | None = None


@dataclass(frozen=True, slots=True)
class _Order:
    columns: tuple[str, ...]
    descending: bool
    only: Q


_ORDERS: Mapping[StateOrder, _Order] = {
    # A row without a date was made to be locked, and goes again.
    StateOrder.SINCE: _Order(("since", "id"), True, Q(since__isnull=False)),
    StateOrder.UNTIL: _Order(("until", "id"), False, Q(until__isnull=False)),
    StateOrder.ERRORS: _Order(("error_count", "id"), True, Q(since__isnull=False)),
    StateOrder.ADDRESS: _Order(("channel", "address_key", "scope"), False, Q(since__isnull=False)),
}


def state_page(wanted: StateFilter, *, order: StateOrder, after: Place | None = None, limit: int = 50) -> StatePage:
    """Read a page of the states that are wanted; in the order `until`, only of those that leave by themselves."""
    how = _ORDERS[order]
    rows = AddressStateRow.objects.alias(domain=EmailDomain(F("address_key"))).filter(how.only, states_wanted(wanted))
    rows = rows.order_by(*(f"-{name}" if how.descending else name for name in how.columns))
    if wanted.text:
        return _looked_for(rows, how, text=wanted.text.casefold(), after=after, limit=limit)
    found = list(_behind(rows, how, after)[: limit + 1])
    page = found[:limit]
    more = len(found) > limit
    return StatePage(rows=[state_row(row) for row in page], last=_place(page[-1], how) if more else None)


def states_wanted(wanted: StateFilter) -> Q:
    """Return the condition for what a column says: all but the words in the error text."""
    values = {name: getattr(wanted, name) for name in ("status", "channel", "reason", "cause")}
    found = Q(**{name: value.value for name, value in values.items() if value is not None})
    if wanted.provider:
        found &= Q(provider=wanted.provider)
    if wanted.domain:
        found &= Q(channel=Channel.EMAIL.value, domain=wanted.domain)
    for name in ("since", "until"):
        begin, end = getattr(wanted, f"{name}_from"), getattr(wanted, f"{name}_to")
        found &= Q(**{f"{name}__gte": begin}) if begin else Q()
        found &= Q(**{f"{name}__lt": end}) if end else Q()
    return found


def _behind(rows: QuerySet[AddressStateRow], how: _Order, after: Place | None) -> QuerySet[AddressStateRow]:
    if after is None:
        return rows
    sign, places = "<" if how.descending else ">", ", ".join(["%s"] * len(how.columns))
    where = f"({', '.join(f'address_state.{name}' for name in how.columns)}) {sign} ({places})"
    values = [moment(value) if isinstance(value, datetime) else value for value in after]
    return rows.extra(where=[where], params=values)  # noqa: S610 (the names are ours, the values parameters)


def _place(row: AddressStateRow, how: _Order) -> Place:
    return tuple(getattr(row, name) for name in how.columns)


def _looked_for(
    rows: QuerySet[AddressStateRow], how: _Order, *, text: str, after: Place | None, limit: int
) -> StatePage:
    """Look through at most so many rows for a text."""
    found: list[int] = []
    looked, last, ended = 0, after, False
    while looked < LOOK and not ended:
        size = LOOK - looked if looked else min(_FIRST, LOOK)
        part = list(_behind(rows, how, last).values_list("id", "error_text", *how.columns)[:size])
        ended = len(part) < size
        for number, said, *place in part:
            if text in said.casefold():
                if len(found) == limit:
                    return StatePage(rows=_rows(found), last=last)
                found.append(number)
            last = tuple(place)
            looked += 1
    return StatePage(rows=_rows(found), last=None if ended else last, looked_through=None if ended else looked)


def _rows(numbers: Sequence[int]) -> list[StateRow]:
    by_number = AddressStateRow.objects.in_bulk(numbers)
    return [state_row(by_number[number]) for number in numbers if number in by_number]
