"""What is forged is listed with its source and acts on nobody (specification 10, "Forgery")."""

from collections.abc import Callable

import pytest
from tests.core.given import at
from tests.services.event_fixtures import state, why_not
from tests.services.mail_fixtures import CAME, accepting, arf, came, dsn, listed, sent, verp

from rebond.core.words import AddressStatus, Trust
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.models import AuditEntry, DeliveryCounts, EvidenceRow, Message, Qualification, Unattributed

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def changed(address: str, place: int) -> str:
    """Swap one character of the token in a return path."""
    head, token = address.split("+")
    old = token[place]
    new = "a" if old != "a" else "b"
    domain = token.index("@")
    place = place % domain
    return f"{head}+{token[:place]}{new}{token[place + 1 :]}"


def test_every_swapped_character_of_a_token_is_noticed() -> None:
    own, victim = sent(2)
    token = verp(victim).split("+")[1].split("@")[0]
    for place in range(len(token)):
        came(dsn(victim.address, text=f"550 5.1.1 turn {place}"), to=changed(verp(victim), place))
    assert state(victim.address).status is AddressStatus.VALID
    assert Unattributed.objects.count() == len(token)
    assert state(own.address).status is AddressStatus.VALID


def test_an_expired_token_alone_does_not_act() -> None:
    (row,) = sent()
    came(dsn(row.address, date=at(days=31)), to=verp(row), now=at(days=31))
    assert listed() == [(row.address, "expired_token")]
    assert state(row.address).status is AddressStatus.VALID


def test_a_token_holds_on_its_thirtieth_day() -> None:
    (row,) = sent()
    came(dsn(row.address), to=verp(row), now=at(days=30))
    assert EvidenceRow.objects.get().trust == "signed"


def test_a_message_not_yet_tried_was_never_sent() -> None:
    (row,) = sent()
    Message.objects.update(status="pending", first_claimed_at=None, last_attempt_at=None, delivered_at=None)
    DeliveryCounts.objects.update(pending=1, delivered=0)
    came(dsn(row.address), to=verp(row))
    assert listed() == [(row.address, "unknown_message")]
    assert state(row.address).status is AddressStatus.VALID


def test_a_forged_text_does_not_spend_the_first_sight() -> None:
    (row,) = sent()
    strange = "550 Zorglub says the moon is wrong today"
    came(dsn("stranger@else.example", status="5.0.0", text=strange))
    assert not Qualification.objects.exists()
    came(dsn(row.address, status="5.0.0", text=strange), to=verp(row))
    assert why_not(row.address) == ["retracted", "first_sight"]


def test_an_automatic_answer_from_anybody_is_not_listed() -> None:
    from tests.services.mail_fixtures import letter

    came(
        letter("away", subject="Out of office", to="b@bounce.example", Auto_Submitted="auto-replied"),
        sender="x@y.example",
    )
    assert listed() == []
    assert not EvidenceRow.objects.exists()


def test_many_recipients_of_a_forgery_are_all_listed() -> None:
    own, *_ = sent(1)
    names = [f"victim{number}@else.example" for number in range(40)]
    came(dsn(own.address, *names), to=verp(own))
    assert sorted(listed()) == sorted((name, "other_recipient") for name in names)
    assert state(own.address).status is AddressStatus.QUARANTINED
    assert {state(name).status for name in names} == {AddressStatus.VALID}


# --- a person accepts -----------------------------------------------------------------------------------------------


def accepted(number: int, *, because: str = "seen on the phone") -> None:
    accepting(because=because, who="cli:anna").accept(number)


def test_accepting_makes_it_act_and_is_audited() -> None:
    came(dsn("stranger@else.example"))
    entry = Unattributed.objects.get()
    accepted(entry.pk)
    assert state("stranger@else.example").status is AddressStatus.QUARANTINED
    row = Unattributed.objects.get()
    assert (row.accepted_at, row.accepted_by) == (at(days=3), "cli:anna")
    audit = AuditEntry.objects.get()
    assert (audit.action, audit.actor, audit.because) == ("unattributed.accept", "cli:anna", "seen on the phone")
    assert audit.after == {"address": "stranger@else.example", "status": "quarantined"}
    with pytest.raises(RefusedError, match="already"):
        accepted(entry.pk)


def test_accepting_what_speaks_of_a_message_marks_it() -> None:
    bounced, complained = sent(2)
    for row in (bounced, complained):
        Message.objects.filter(id=row.pk).update(message_id=f"plain{row.pk}@shop.example")
    came(dsn(bounced.address, message_id=f"plain{bounced.pk}@shop.example"), required=Trust.SIGNED)
    came(arf(complained.address, message_id=f"plain{complained.pk}@shop.example"), required=Trust.SIGNED)
    for number in Unattributed.objects.values_list("id", flat=True):
        accepted(number)
    assert DeliveryCounts.objects.get().returned == 1
    assert Message.objects.get(id=bounced.pk).returned_at == CAME
    assert Message.objects.get(id=complained.pk).complained_at == CAME
    assert state(complained.address).status is AddressStatus.DENYLISTED


REFUSED: dict[str, tuple[Callable[[], None], type[Exception], str]] = {
    "without a reason": (lambda: accepted(Unattributed.objects.get().pk, because=" "), InputError, "say why"),
    "of no such number": (lambda: accepted(10**12), NotFoundError, "no unattributed return"),
    "that names nobody": (lambda: accepted(Unattributed.objects.get().pk), RefusedError, "names no address"),
}


@pytest.mark.parametrize(("act", "fault", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_accepting_is_refused(act: Callable[[], None], fault: type[Exception], words: str) -> None:
    came(arf(feedback="not-spam"))
    with pytest.raises(fault, match=words):
        act()
    assert not AuditEntry.objects.exists()
