"""States computed anew under another policy: seen first, then written."""

import pytest
from tests.core.given import at, policy
from tests.services.event_fixtures import ANNA, KEPT, cleaned, daily, event, explained, hard, has_row, soft, state, took

from rebond.core.policy import Policy
from rebond.core.words import AddressStatus
from rebond.services.recompute import Recomputed, recompute
from rebond.store.models import AddressStateRow, AuditEntry

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
STRICT = policy(email={"threshold": 2})


def again(judged_by: Policy = STRICT, *, dry_run: bool = False) -> Recomputed:
    return recompute(policy=judged_by, now=at(days=50), actor="cli:eve", dry_run=dry_run)


def test_a_dry_run_tells_and_writes_nothing() -> None:
    took(*daily(2), *daily(1, address="bob@shop.example"))
    done = again(dry_run=True)
    assert (done.looked_at, done.changed, done.written) == (2, {"erroneous → quarantined": 1}, False)
    assert done.sample == (f"email:{ANNA}: erroneous → quarantined",)
    assert state().status is AddressStatus.ERRONEOUS
    assert not AuditEntry.objects.exists()


def test_a_run_writes_what_changes_and_is_audited() -> None:
    took(*daily(2))
    assert again().written
    assert state().status is AddressStatus.QUARANTINED
    audit = AuditEntry.objects.get()
    assert (audit.action, audit.object, audit.after) == (
        "quarantine.recompute",
        STRICT.digest,
        {"erroneous → quarantined": 1},
    )
    assert AddressStateRow.objects.get().policy_digest == STRICT.digest
    assert again().changed == {}
    again(policy())
    assert state().status is AddressStatus.ERRONEOUS


def test_a_state_of_another_policy_says_so() -> None:
    took(*daily(2))
    assert not explained().outdated
    again()
    assert explained().outdated
    assert explained().state.status is AddressStatus.QUARANTINED


def test_a_row_that_cleanup_removed_does_not_come_back_valid_but_comes_back_quarantined() -> None:
    took(*daily(2), event("delivered", at(days=2)), *(soft(at(), "b@x.example", reason="refused") for _ in range(3)))
    cleaned(at(days=10))
    assert not has_row()
    again(policy())
    assert not AddressStateRow.objects.exists()
    again(policy(count_owners=["sender"], email={"threshold": 1}))
    assert state("b@x.example").status is AddressStatus.QUARANTINED


def test_what_only_a_snapshot_tells_is_folded_too() -> None:
    took(hard(at()), *daily(2, address="bob@shop.example"))
    cleaned(at(days=20) + KEPT.evidence, KEPT)
    AddressStateRow.objects.all().delete()
    done = again(policy())
    assert (done.looked_at, done.changed) == (2, {"valid → erroneous": 1, "valid → quarantined": 1})
    assert state().status is AddressStatus.QUARANTINED


def test_more_addresses_than_a_page_in_any_spelling() -> None:
    names = [f"{letter}{number}@shop.example" for number in range(350) for letter in ("a", "é", "_")]
    took(*(soft(at(), name) for name in names))
    took(*(soft(at(days=1), name) for name in names))
    seen: list[int] = []
    done = recompute(policy=STRICT, now=at(), actor="t", dry_run=False, on_progress=seen.append)
    assert (done.looked_at, done.changed) == (1050, {"erroneous → quarantined": 1050})
    assert len(done.sample) == 20
    assert seen == [500, 1000, 1050]
