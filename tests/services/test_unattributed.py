"""A person accepts all that could not be attributed."""

from typing import Any

import pytest
from tests.core.given import at
from tests.services.event_fixtures import state
from tests.services.mail_fixtures import accepting, arf, came, dsn

from rebond.core.words import AddressStatus
from rebond.services.errors import InputError
from rebond.services.unattributed import AcceptedAll
from rebond.store.models import AuditEntry, RawMail, Unattributed
from rebond.store.read.returns import count_unaccepted, list_unattributed, unaccepted

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def accepted_all(*, source: str = "", because: str = "our old sender") -> AcceptedAll:
    return accepting(because=because).accept_all(source=source)


def test_all_are_accepted_but_those_that_name_nobody() -> None:
    came(dsn("a@else.example", "b@else.example"))
    came(arf(feedback="not-spam"))
    came(dsn("c@else.example"), source="maildir")
    assert accepted_all() == AcceptedAll(accepted=3, skipped=1)
    assert {state(f"{name}@else.example").status for name in "abc"} == {AddressStatus.QUARANTINED}
    assert (
        sorted(AuditEntry.objects.values_list("action", "because")) == [("unattributed.accept", "our old sender")] * 3
    )
    assert accepted_all() == AcceptedAll(accepted=0, skipped=1)


def test_all_of_one_address_are_accepted_at_once(django_assert_max_num_queries: Any) -> None:
    for hour in range(3):
        came(dsn("a@else.example", "b@else.example"), now=at(hours=hour))
    with django_assert_max_num_queries(30):
        assert accepted_all() == AcceptedAll(accepted=6, skipped=0)
    assert state("a@else.example").status is AddressStatus.QUARANTINED
    entries = AuditEntry.objects.filter(action="unattributed.accept")
    assert [entry.after["address"] for entry in entries].count("a@else.example") == 3


def test_only_one_source_is_accepted() -> None:
    came(dsn("a@else.example"))
    came(dsn("c@else.example"), source="maildir")
    assert accepted_all(source="maildir") == AcceptedAll(accepted=1, skipped=0)
    assert state("a@else.example").status is AddressStatus.VALID
    assert accepted_all(source="mbox") == AcceptedAll(accepted=0, skipped=0)


def test_accepting_all_needs_a_reason() -> None:
    came(dsn("a@else.example"))
    with pytest.raises(InputError, match="say why"):
        accepted_all(because=" ")
    assert state("a@else.example").status is AddressStatus.VALID


def test_pages_hold_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.store.read.returns._PAGE", 2)
    came(dsn(*(f"p{number}@else.example" for number in range(5))))
    assert [len(page) for page in unaccepted()] == [2, 2, 1]
    assert sorted(entry.address for entry in list_unattributed()) == [f"p{number}@else.example" for number in range(5)]
    assert accepted_all() == AcceptedAll(accepted=5, skipped=0)
    assert list(list_unattributed()) == []
    assert len(list(list_unattributed(accepted=True))) == 5


def test_an_entry_leads_to_its_mail_while_that_is_kept() -> None:
    came(dsn("a@else.example"))
    came(dsn("c@else.example"))
    identities = [entry.returned_mail for entry in list_unattributed()]
    assert count_unaccepted([*identities, "f" * 64]) == 2
    assert all(entry.return_id for entry in list_unattributed())
    RawMail.objects.all().delete()
    assert [entry.return_id for entry in list_unattributed()] == [None, None]
    Unattributed.objects.update(accepted_at=at())
    assert count_unaccepted(identities) == 0


def test_what_there_is_no_time_for_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.store.read.returns._PAGE", 1)
    came(dsn("a@else.example", "b@else.example"))
    assert accepting().accept_all(has_time=lambda: False) == AcceptedAll(accepted=1, skipped=0)
    assert accepting().accept_all() == AcceptedAll(accepted=1, skipped=0)
