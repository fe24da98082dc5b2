"""Editing a delivery sends it back to draft."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.services.people_fixtures import NOW, draft

from rebond.core.message import DELIVERY_TRANSITIONS, DeliveryAction
from rebond.core.words import DeliveryStatus
from rebond.services.deliveries import get_delivery
from rebond.services.delivery_edit import edit_delivery
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.models import AuditEntry, Delivery, TargetMember
from rebond.store.read.deliveries import Target

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.mark.parametrize("status", list(DeliveryStatus))
def test_only_what_was_not_sent_is_edited(status: DeliveryStatus) -> None:
    number = draft()
    Delivery.objects.filter(id=number).update(status=status, problem="old words", prepared_at=NOW)
    before = get_delivery(number)
    allowed, _ = DELIVERY_TRANSITIONS[DeliveryAction.EDIT]
    if status not in allowed:
        with pytest.raises(RefusedError, match=f"the delivery is {status}, so it cannot be asked to edit"):
            edit_delivery(number, {"subject": "New"}, now=NOW, actor="ann")
        assert get_delivery(number) == before
        return
    edit_delivery(number, {"subject": "New"}, now=NOW, actor="ann")
    edited = get_delivery(number)
    assert (edited.status, edited.subject, edited.problem) == (DeliveryStatus.DRAFT, "New", "")
    assert (edited.prepared_at, edited.text, edited.retries) == (None, before.text, before.retries)


def test_an_edit_is_audited_without_its_content() -> None:
    number = draft(text="Old words", subject="Old")
    changes = {"text": "New words", "subject": "New", "validity": timedelta(days=1), "duplicates": True}
    edit_delivery(number, changes, now=NOW, actor="ann", everybody=True)
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.object, entry.actor) == ("delivery.edit", f"delivery:{number}", "ann")
    assert entry.before["text"] != entry.after["text"]
    assert "words" not in f"{entry.before}{entry.after}"
    told = {name: entry.after[name] for name in ("status", "subject", "validity", "duplicates", "target")}
    assert told == {
        "status": "draft",
        "subject": "New",
        "validity": "1 day, 0:00:00",
        "duplicates": True,
        "target": "all",
    }


def test_another_target_replaces_the_one_before(tmp_path: Path) -> None:
    number, file = draft(), tmp_path / "target.csv"
    for people in ("id,email\n1,a@x.example\n2,b@x.example\n", "id,email\n2,b@x.example\n3,\n"):
        file.write_text(people)
        edit_delivery(number, {}, now=NOW, actor="ann", target=file)
        assert get_delivery(number).target is Target.MEMBERS
        assert TargetMember.objects.count() == 2
    edit_delivery(number, {}, now=NOW, actor="ann", everybody=True)
    assert get_delivery(number).target is Target.ALL


def test_an_edit_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    number = draft()
    before = get_delivery(number)
    file = tmp_path / "target.csv"
    file.write_text("")
    for changes, target in (({}, None), ({"name": ""}, None), ({"name": "New"}, file)):
        with pytest.raises(InputError):
            edit_delivery(number, changes, now=NOW, actor="ann", target=target)
    assert get_delivery(number) == before
    with pytest.raises(NotFoundError):
        edit_delivery(number + 1, {"name": "New"}, now=NOW, actor="ann")
