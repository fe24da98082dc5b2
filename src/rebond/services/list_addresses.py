"""The list of addresses that are not plainly valid, a page at a time (specification 09)."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rebond.core.address import parse_address
from rebond.core.said import said
from rebond.core.words import Channel, StateOrder
from rebond.services.errors import InputError
from rebond.store.read.evidence import StateRow
from rebond.store.read.state_pages import Place, StateFilter, state_page

_SHAPES: dict[StateOrder, tuple[type, ...]] = {
    StateOrder.SINCE: (datetime, int),
    StateOrder.UNTIL: (datetime, int),
    StateOrder.ERRORS: (int, int),
    StateOrder.ADDRESS: (str, str, str),
}
_LARGEST = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPage:
    """One page: `after` asks for the next one, empty at the end.

    `looked_through` tells how many addresses were looked through where a page came short for it: the rest follows.
    """

    rows: Sequence[StateRow]
    after: str
    looked_through: int | None


def list_addresses(
    *, wanted: StateFilter, order: StateOrder = StateOrder.SINCE, after: str = "", limit: int = 50
) -> AddressPage:
    """Read a page of the states that are wanted; InputError when `after` is of no page of this order."""
    page = state_page(wanted, order=order, after=_read_place(after, order) if after else None, limit=limit)
    last = "" if page.last is None else _write_place(page.last, order)
    return AddressPage(rows=page.rows, after=last, looked_through=page.looked_through)


def email_domain(text: str) -> str:
    """Return a domain as the keys of addresses have it; InputError when it can be none."""
    address = parse_address(f"someone@{text.strip().removeprefix('@')}", channel=Channel.EMAIL, allow_undotted=True)
    if address.key is None:
        raise InputError(said("{text!r} is not a possible domain: {problem}", text=text[:200], problem=address.problem))
    return address.key.partition("@")[2]


def _write_place(place: Place, order: StateOrder) -> str:
    values = [value.isoformat() if isinstance(value, datetime) else value for value in place]
    return base64.urlsafe_b64encode(json.dumps([order.value, *values]).encode()).decode().rstrip("=")


def _read_place(text: str, order: StateOrder) -> Place:
    try:
        named, *values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if named != order.value or len(values) != len(_SHAPES[order]):
            raise ValueError(said("of another order"))
        return tuple(_read_value(value, kind) for value, kind in zip(values, _SHAPES[order], strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise InputError(said("this is not where a page of this list ends: begin again at its first page")) from None


def _read_value(value: object, kind: type) -> object:
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(said("a time without its zone"))
        return moment.astimezone(UTC)
    if type(value) is not kind or (isinstance(value, int) and abs(value) >= _LARGEST):
        raise ValueError(said("another kind of value"))
    if isinstance(value, str) and "\0" in value:
        raise ValueError(said("a sign that no key holds"))
    return value
