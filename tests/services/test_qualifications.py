"""The team's queue: what is in it, what its badge tells, and what a text that is ignored does."""

import pytest
from tests.core.given import at
from tests.services.event_fixtures import ANNA, state, took
from tests.services.mail_fixtures import CAME, accept, dsn, sent, settle, verp
from tests.services.practice_fixtures import (
    MOON,
    decision,
    everything,
    failed,
    make,
    moons,
    number_of,
    practice,
)

from rebond.core.words import AddressStatus, QualificationStatus
from rebond.packs import default_qualifier
from rebond.services.apply_rules import undo
from rebond.services.change_rules import apply_change, effect_of, prepare_rules
from rebond.services.decide import decide, ignore, prepare_decision
from rebond.services.errors import RefusedError
from rebond.services.qualifications import Queue
from rebond.store.models import EvidenceRow, Qualification
from rebond.store.read.qualifications import Decided, count_decided, count_qualifications, some_decided

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
QUARANTINED = AddressStatus.QUARANTINED
TO_QUALIFY, KEEP, IGNORE = QualificationStatus


def test_the_badge_tells_what_was_seen_again() -> None:
    moons(1)
    took(failed("550 5.1.1 user unknown", "b@shop.example"))
    (cluster,) = Queue(make({})).clusters()
    assert not cluster.badged
    assert count_qualifications() == ({TO_QUALIFY: 1, KEEP: 1, IGNORE: 0}, 0)
    moons(1, days=2)
    (cluster,) = Queue(make({})).clusters()
    assert cluster.badged
    assert count_qualifications() == ({TO_QUALIFY: 1, KEEP: 1, IGNORE: 0}, 1)
    decide(practice(), decision(cluster.number))
    assert count_qualifications() == ({TO_QUALIFY: 0, KEEP: 2, IGNORE: 0}, 0)


def test_a_text_that_is_ignored_though_a_shipped_rule_knows_it_quarantines_nobody() -> None:
    text = "550 5.1.1 user unknown"
    assert default_qualifier().qualify_reply(text).verdict.type == "hard"
    took(failed(text, ANNA))
    assert state().status is QUARANTINED
    ignore(practice(), [number_of("user unknown")], because="their filter lies")
    assert state().status is AddressStatus.VALID
    took(failed(text, "bob@shop.example", day=1), failed(text, ANNA, day=2))
    (row,) = sent()
    accept(dsn(row.address, text=text), to=verp(row))
    assert settle(CAME).settled == 1
    for address in (ANNA, "bob@shop.example", row.address):
        assert state(address).status is AddressStatus.VALID
    kept = Qualification.objects.get()
    assert (kept.status, kept.type, kept.count) == ("ignore", "hard", 4)
    assert set(EvidenceRow.objects.values_list("qualification", flat=True)) == {kept.pk}


def test_a_text_that_is_ignored_after_a_rule_of_the_site_keeps_its_row_and_quarantines_nobody() -> None:
    moons()
    number = number_of("Zorglub")
    decide(practice(), decision(number))
    assert state("a1@shop.example").status is QUARANTINED
    ignore(practice(), [number], because="their filter lies")
    (row,) = sent()
    accept(dsn(row.address, status="5.0.0", text=MOON.format(row.address)), to=verp(row))
    settle(CAME)
    took(failed(MOON.format("new@shop.example"), "new@shop.example", day=3))
    addresses = [f"a{place}@shop.example" for place in range(3)]
    for address in (*addresses, row.address, "new@shop.example"):
        assert state(address).status is AddressStatus.VALID
    kept = Qualification.objects.get()
    assert (kept.pk, kept.status, kept.count) == (number, "ignore", 5)
    assert kept.last_seen_at == at(days=3)


def test_a_rule_that_comes_after_the_text_was_ignored_changes_nothing_about_that() -> None:
    moons()
    ignore(practice(), [number_of("Zorglub")], because="their filter lies")
    rule = {"id": "site-1", "text": "moon wrong", "type": "hard", "reason": "user_unknown", "source": "a test"}
    rules = {"site-1": {**rule, "since": "2026-01-01", "examples": []}}
    change = prepare_rules(practice(), rules, with_examples=False)
    assert effect_of(practice(), change).total.entering == 0
    apply_change(practice(), lambda: change, kind="apply", because="")
    kept = Qualification.objects.get()
    assert (kept.status, kept.type) == ("ignore", "hard")
    assert state("a1@shop.example").status is AddressStatus.VALID


def test_who_decides_a_text_again_ends_that_it_is_ignored() -> None:
    moons()
    number = number_of("Zorglub")
    before = everything()
    ignored = ignore(practice(), [number], because="their filter lies")
    with pytest.raises(RefusedError, match="decided already"):
        decide(practice(), decision(number))
    change = prepare_decision(practice(), decision(number, again=True))
    assert effect_of(practice(), change).total.entering == 3
    operation = decide(practice(), decision(number, again=True))
    assert Qualification.objects.get().status == "keep"
    assert state("a1@shop.example").status is QUARANTINED
    undo(practice(), operation.number)
    assert Qualification.objects.get().status == "ignore"
    assert state("a1@shop.example").status is AddressStatus.VALID
    undo(practice(), ignored.number)
    assert everything() == before


def test_what_rules_decided_is_counted_and_some_of_it_read() -> None:
    moons(3)
    took(failed("550 5.1.1 user unknown", "b@shop.example"))
    decide(practice(), decision(number_of("Zorglub"), name="site-moon"))
    assert count_decided(["site-moon", "nothing"]) == {"site-moon": Decided(texts=1, failures=3)}
    assert [row.number for row in some_decided("site-moon", limit=5)] == [number_of("Zorglub")]
    assert some_decided("site-moon", limit=0) == []
