"""Cleanup while others work."""

from collections.abc import Collection

import pytest
from tests.core.given import at
from tests.services.event_fixtures import ANNA, cleaned, event, full, hard, has_row, state, took
from tests.services.sending_fixtures import meanwhile

from rebond.core.words import AddressStatus
from rebond.services import clean
from rebond.store.read.evidence import AddressKey
from rebond.store.write.states import delete_valid_states

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_an_address_that_is_quarantined_while_its_row_is_removed_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    took(full(at()), event("delivered", at(days=2)))

    def delete(addresses: Collection[AddressKey]) -> int:
        assert [address.key for address in addresses] == [ANNA]
        meanwhile(lambda: took(hard(at(days=5))))
        return delete_valid_states(addresses)

    monkeypatch.setattr(clean, "delete_valid_states", delete)
    assert cleaned(at(days=6)).rows_removed == 0
    assert has_row()
    assert state().status is AddressStatus.QUARANTINED
