"""What runs on takes changed rules with its next batch."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.db import connection
from tests.services.event_fixtures import state
from tests.services.mail_fixtures import CAME, accept, dsn, sent, settler, verp
from tests.services.pack_fixtures import packed, rule, take
from tests.services.practice_fixtures import decision, make, moons, number_of, practice
from tests.services.sending_fixtures import JumpingClock, MemorySender, delivery, means, meanwhile

from rebond.core.ports import Outgoing
from rebond.core.qualifier import Qualifier
from rebond.core.qualify.rules import Problem, RuleError
from rebond.core.words import AddressStatus
from rebond.packs import default_qualifier
from rebond.services.apply_rules import undo
from rebond.services.change_rules import apply_change, prepare_rules
from rebond.services.decide import decide
from rebond.services.rules_in_force import RulesInForce
from rebond.services.send import send_due
from rebond.store.models import ConsoleRule, EvidenceRow, ReturnedMail
from rebond.store.read.rules import Document, rules_version

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
RULE = {
    "id": "bad",
    "text": "moon",
    "type": "hard",
    "reason": "user_unknown",
    "since": "2026-03-01",
    "source": "a test",
    "examples": ["the moon"],
}
MOON = "550 Zorglub finds the moon wrong for somebody"


def test_a_qualifier_is_made_anew_when_the_rules_changed_and_only_then() -> None:
    made = []

    def making(documents: Mapping[str, Document]) -> Qualifier:
        made.append(len(documents))
        return make(documents)

    rules = RulesInForce(making)
    assert rules.qualifier is rules.renew() is rules.renew()
    moons()
    assert rules.renew() is rules.qualifier
    versions = [rules_version()]
    operation = decide(practice(), decision(number_of("Zorglub")))
    before, after = rules.qualifier, rules.renew()
    assert after is not before
    assert after is rules.renew()
    versions.append(rules_version())
    undo(practice(), operation.number)
    rules.renew()
    versions.append(rules_version())
    assert made == [0, 1, 0]
    assert len(set(versions)) == 3


def test_a_settler_that_runs_judges_its_next_batch_by_changed_rules() -> None:
    first, second = sent(2)
    running = settler(rules=RulesInForce(make))
    text = "550 Zorglub finds the moon wrong for {}"
    accept(dsn(first.address, status="5.0.0", text=text.format(first.address)), to=verp(first))
    assert running.settle(CAME).settled == 1
    assert state(first.address).status is not AddressStatus.QUARANTINED
    decide(practice(), decision(number_of("Zorglub")))
    accept(dsn(second.address, status="5.0.0", text=text.format(second.address)), to=verp(second))
    assert running.settle(CAME).settled == 1
    assert state(second.address).status is AddressStatus.QUARANTINED


def test_a_sender_that_runs_judges_by_changed_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.services.send_pool.BATCH", 25)
    number = delivery(150)
    moons()
    text = number_of("Zorglub")

    def decide_once(window: Sequence[Outgoing]) -> None:
        if len(sender.windows) == 2:
            meanwhile(lambda: decide(practice(), decision(text)))

    sender = MemorySender(JumpingClock(), lambda recipient, at: MOON, before=decide_once)
    asyncio.run(send_due(number, **means(sender, rules=RulesInForce(make))))
    attempts = EvidenceRow.objects.filter(identity__startswith="attempt:").order_by("id")
    types = list(attempts.values_list("type", flat=True))
    assert (len(types), types[0], types[-1]) == (150, "soft", "hard")


@pytest.mark.parametrize(
    "document",
    [
        5,
        ["a rule"],
        {"id": "other"},
        {**RULE, "text": "(?=moon)"},
        {**RULE, "text": 5},
        {**RULE, "type": "harder"},
        {**RULE, "examples": 5, "text": "("},
        {**RULE, "since": {"year": 2026}},
        {**RULE, "text": "moon \ud800"},
        {**RULE, "id": "yahoo-discontinued"},
    ],
)
def test_a_row_that_somebody_wrote_by_another_way_is_named_and_can_be_taken_away(document: Any) -> None:
    if connection.vendor == "postgresql" and r"\ud800" in repr(document):
        pytest.skip("PostgreSQL stores no such sign")
    name = document["id"] if isinstance(document, dict) and document["id"] != "other" else "bad"
    ConsoleRule.objects.create(name=name, document=document, operation=0)
    with pytest.raises(RuleError, match=f"rule {name}: "):
        RulesInForce(make).renew()
    gone = practice()
    removed = apply_change(gone, lambda: prepare_rules(gone, {name: None}), kind="apply", because="")
    assert RulesInForce(make).renew()
    take(packed(rule()))  # what was removed here does not stop packs
    undo(practice(), removed.number)
    with pytest.raises(RuleError, match=f"rule {name}: "):
        RulesInForce(make).renew()


@pytest.mark.parametrize("error", [RuleError([]), RuntimeError("no cache"), RecursionError()])
def test_while_there_are_no_rules_to_judge_by_no_mail_is_blamed(error: Exception) -> None:
    (row,) = sent()
    broken = [True]

    def making(documents: Mapping[str, Document]) -> Qualifier:
        if broken:
            raise error
        return default_qualifier()

    accept(dsn(row.address), to=verp(row))
    running = settler(rules=RulesInForce(making))
    for _ in range(5):
        with pytest.raises(type(error)):
            running.settle(CAME)
    assert ReturnedMail.objects.get().tries == 0
    broken.clear()
    assert running.settle(CAME).settled == 1


def test_rules_that_this_version_refuses_leave_those_before_in_force(caplog: pytest.LogCaptureFixture) -> None:
    def refusing(documents: Mapping[str, Document]) -> Qualifier:
        if documents:
            raise RuleError([Problem(file="console", line=0, rule="site-1", words="is of tomorrow")])
        return make(documents)

    rules = RulesInForce(refusing)
    before = rules.renew()
    moons()
    decide(practice(), decision(number_of("Zorglub")))
    assert rules.renew() is before
    assert rules.renew() is before
    assert len([record for record in caplog.records if "is of tomorrow" in record.message]) == 1
    with pytest.raises(RuleError):
        RulesInForce(refusing).renew()
