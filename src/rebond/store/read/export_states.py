"""All states of a kind, a part at a time, so that memory stays the same."""

from collections.abc import Iterator

from rebond.store.models import AddressStateRow
from rebond.store.read.evidence import StateRow, state_row
from rebond.store.read.selection import Selection, last_state, selected
from rebond.store.read.state_pages import StateFilter

_PART = 2_000


def all_states(wanted: StateFilter) -> Iterator[list[StateRow]]:
    """Read every state that is wanted, those of narrower scopes too, by their numbers."""
    after, until = 0, last_state()
    while after < until:
        part, after = selected(Selection(states=wanted), after=after, until=until, limit=_PART, every_scope=True)
        rows = AddressStateRow.objects.in_bulk([one.id for one in part])
        yield [state_row(rows[one.id]) for one in part if one.id in rows]
