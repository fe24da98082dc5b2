"""The list of states in the order asked for."""

from datetime import timedelta

import pytest
from tests.core.given import at

from rebond.core.words import AddressStatus, Channel, StateOrder
from rebond.store.models import AddressStateRow
from rebond.store.read import sorted_states as module
from rebond.store.read.sorted_states import sorted_states

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
ROWS = (
    # address, status, errors, since (days), until (days)
    ("c@x.example", "erroneous", 2, 3, 9),
    ("a@x.example", "quarantined", 5, 1, None),
    ("b@x.example", "denylisted", 0, None, 4),
    ("d@x.example", "erroneous", 2, 2, None),
)


def listed(order: StateOrder, **wanted: object) -> str:
    for address, status, errors, since, until in ROWS:
        AddressStateRow.objects.create(
            channel="email",
            address_key=address,
            address=address,
            status=status,
            error_count=errors,
            since=None if since is None else at() + timedelta(days=since),
            until=None if until is None else at() + timedelta(days=until),
            policy_digest="",
        )
    return "".join(row.text[0] for row in sorted_states(order, **wanted))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (StateOrder.ADDRESS, "abcd"),
        (StateOrder.SINCE, "cdab"),
        (StateOrder.UNTIL, "bcad"),
        (StateOrder.ERRORS, "acdb"),
    ],
)
@pytest.mark.parametrize("page", [2, 500])
def test_orders(order: StateOrder, expected: str, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEYS", page)
    assert listed(order) == expected


def test_only_what_is_asked_for() -> None:
    assert listed(StateOrder.SINCE, statuses=[AddressStatus.ERRONEOUS], channel=Channel.EMAIL) == "cd"
