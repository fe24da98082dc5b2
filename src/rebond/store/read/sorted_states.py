"""The table of states in an order that a person asks for."""

from array import array
from collections.abc import Collection, Iterator

from django.db.models import F

from rebond.core.words import AddressStatus, Channel, Reason, StateOrder
from rebond.store.models import AddressStateRow
from rebond.store.read.evidence import MOST_KEYS, StateRow, state_row, states_like

_ORDERS = {
    StateOrder.ADDRESS: ("address_key", "channel", "scope"),
    StateOrder.SINCE: (F("since").desc(nulls_last=True),),
    StateOrder.UNTIL: (F("until").asc(nulls_last=True),),
    StateOrder.ERRORS: ("-error_count", F("last_error_at").desc(nulls_last=True)),
}


def sorted_states(
    order: StateOrder,
    *,
    statuses: Collection[AddressStatus] = (),
    reason: Reason | None = None,
    channel: Channel | None = None,
) -> Iterator[StateRow]:
    """Stream the rows of the table of states in an order: only their numbers are held, eight bytes each."""
    wanted = states_like(statuses, reason=reason, channel=channel)
    numbers = AddressStateRow.objects.filter(wanted).order_by(*_ORDERS[order], "id").values_list("id", flat=True)
    held = array("q", numbers.iterator(chunk_size=MOST_KEYS))
    for start in range(0, len(held), MOST_KEYS):
        page = AddressStateRow.objects.in_bulk(list(held[start : start + MOST_KEYS]))
        yield from (state_row(page[number]) for number in held[start : start + MOST_KEYS] if number in page)
