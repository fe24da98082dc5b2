"""Each forgery changes nothing and is listed with why; the genuine mail that it imitates acts all the same."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.services.event_fixtures import state, why_not
from tests.services.forgery_cases import CASES, OWN_ID, PLAIN_ID, Case, Sent
from tests.services.forgery_mails import Mail
from tests.services.mail_fixtures import came, sent, verp

from rebond.core.words import AddressStatus
from rebond.services.settle import Settled
from rebond.store.models import (
    AddressStateRow,
    DeliveryCounts,
    EvidenceRow,
    Message,
    ProfileDenial,
    Qualification,
    Unattributed,
)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

NOTHING_ACTED = {"attempts": 0, "first_claimed_at": None, "last_attempt_at": None, "delivered_at": None}


def _sent() -> Sent:
    own, victim, pending, cancelled = sent(4)
    Message.objects.filter(id=victim.pk).update(message_id=PLAIN_ID)
    Message.objects.filter(id=own.pk).update(message_id=OWN_ID)
    Message.objects.filter(id=pending.pk).update(status="pending", message_id="pending@shop.example", **NOTHING_ACTED)
    Message.objects.filter(id=cancelled.pk).update(status="cancelled", message_id="", **NOTHING_ACTED)
    DeliveryCounts.objects.update(pending=1, delivered=2, cancelled=1)
    return Sent(victim, own, pending, cancelled)


def _came(mail: Mail) -> Settled:
    return came(mail.raw, to=mail.to, sender=mail.sender, now=mail.now, source=mail.source, required=mail.required)


def _everything(but: Message) -> dict[str, Any]:
    """All that a return could change, without what belongs to one's own address."""
    return {
        "states": list(AddressStateRow.objects.exclude(address_key=but.address_key).order_by("id").values()),
        "messages": list(Message.objects.exclude(id=but.pk).order_by("id").values()),
        "denials": list(ProfileDenial.objects.exclude(profile=but.profile).order_by("id").values()),
        "acting": list(EvidenceRow.objects.filter(trusted=True).exclude(address_key=but.address_key).values()),
    }


def _assert_own(case: Case, own: Message) -> None:
    """What becomes of the forger: their own token is theirs to use."""
    if case.own == "unsubscribed":
        assert ProfileDenial.objects.filter(profile=own.profile).count() == 1
    else:
        assert state(own.address).status == case.own


def _assert_listed(case: Case, mail: Mail, victim: str) -> None:
    names = case.names if case.names is not None else (victim,)
    rows = Unattributed.objects.order_by("id")
    assert sorted(row.address for row in rows) == sorted(names)
    for row in rows:
        assert row.why in case.why.split()
        assert (row.source, row.required) == (mail.source, mail.required)
        assert row.returned_mail
        assert row.accepted_at is None
    if case.in_why:
        for name in names:
            assert why_not(name).count("trust") == 1


@pytest.mark.parametrize("make", CASES.values(), ids=CASES.keys())
def test_a_forgery_changes_nothing_and_the_genuine_one_acts(make: Callable[[Sent], Case]) -> None:
    all_sent = _sent()
    victim, own = all_sent.victim, all_sent.own
    case = make(all_sent)
    before = _everything(own)
    texts = Qualification.objects.count()

    settled = _came(case.mail)
    listed = bool(case.names is None or case.names)
    assert (settled.taken, settled.unattributed, settled.dead) == (1, int(listed), 0)
    assert _everything(own) == before
    _assert_listed(case, case.mail, victim.address)
    _assert_own(case, own)
    assert Qualification.objects.count() - texts <= int(case.own != "valid")
    assert _came(case.mail).taken == 0

    genuine = case.genuine or Mail(raw=case.mail.raw, to=verp(victim))
    _came(genuine)
    _assert_effect(case.effect, victim)


def _assert_effect(effect: str, victim: Message) -> None:
    row = Message.objects.get(id=victim.pk)
    found = state(victim.address)
    if effect == "unsubscribed":
        assert ProfileDenial.objects.filter(profile=victim.profile).count() == 1
    elif effect == "recorded":
        assert (found.status, row.returned_at, row.complained_at) == (AddressStatus.VALID, None, None)
        assert why_not(victim.address).count("type_ignored") == 1
    else:
        assert found.status == effect
        assert (row.complained_at is not None) == (effect == "denylisted")
        assert (row.returned_at is not None) == (effect in ("quarantined", "erroneous"))
