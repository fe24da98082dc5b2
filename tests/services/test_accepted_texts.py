"""What a person accepts ends as if its way in had required no trust: its text is counted, and judged as it is now."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from tests.core.given import at
from tests.services.event_fixtures import empty_tables, state, why_not
from tests.services.mail_fixtures import accept, accepting, dsn, sent, settler, verp
from tests.services.practice_fixtures import MOON, decision, make, number_of, practice
from tests.services.test_record import at_once

from rebond.core.words import FailureType, QualificationStatus, Reason, Trust
from rebond.services.apply_rules import undo
from rebond.services.change_rules import apply_change, prepare_rules
from rebond.services.decide import decide, ignore
from rebond.services.rules_in_force import RulesInForce
from rebond.services.unattributed import Accepting
from rebond.store.models import (
    AddressStateRow,
    Alert,
    ConsoleRule,
    EvidenceRow,
    Qualification,
    RawMail,
    ReturnedMail,
    RuleOperation,
    Unattributed,
)
from rebond.store.read.alerts import list_alerts
from rebond.store.read.rules import list_operations

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

Step = Callable[[], object]
STATE = tuple(field.attname for field in AddressStateRow._meta.concrete_fields if field.attname != "id")
OTHER = "550 Zorglub has lost {} in the fog"


def begin_anew() -> None:
    empty_tables()
    for table in (RawMail, ReturnedMail, Unattributed, ConsoleRule, RuleOperation, Alert):
        table._default_manager.all().delete()


def came(*mails: bytes, required: Trust = Trust.MATCHED) -> None:
    """Settle mails by the rules of the site as they are now."""
    for mail in mails:
        accept(mail, required=required, now=at(days=2))
    settler(rules=RulesInForce(make)).settle_all(lambda: at(days=2))


def mails(number: int = 4, *, text: str = MOON) -> list[bytes]:
    """Compose returns about as many addresses, the last first."""
    names = [f"m{place}@else.example" for place in range(number)]
    return [
        dsn(name, status="5.0.0", text=text.format(name), date=at(hours=place)) for place, name in enumerate(names)
    ][::-1]


def person() -> Accepting:
    return accepting(rules=RulesInForce(make))


def every() -> None:
    person().accept_all()


def each() -> None:
    for number in Unattributed.objects.order_by("at").values_list("id", flat=True):
        person().accept(number)


def apply(**fields: Any) -> None:
    rule = {"text": "(?i)zorglub", "type": "hard", "reason": "user_unknown", "examples": [], **fields}
    rules = {"moon": {"id": "moon", "since": "2026-01-01", "source": "t", **rule}}
    apply_change(practice(), partial(prepare_rules, practice(), rules, with_examples=False), kind="apply", because="")


def ignored() -> None:
    ignore(practice(), [number_of("moon wrong")], because="b")


def nothing() -> None:
    pass


def stored() -> dict[str, Any]:
    """Read what both ways must have made, without numbers of rows and times of writing."""
    judged = ("type", "reason", "cause", "rule", "pack_version")
    texts = ("digest", "template", "first_text", "first_identity", "status", "count", "first_seen_at", "last_seen_at")
    evidence = ("identity", "at", "confirm", "trusted", "first_sight", "code", "enhanced", "phase", "provider", "trust")
    digests = dict(Qualification.objects.values_list("id", "digest"))
    return {
        "texts": list(Qualification.objects.order_by("digest").values(*texts, *judged)),
        "evidence": [
            {**row, "qualification": digests.get(row["qualification"])}
            for row in EvidenceRow.objects.order_by("identity").values("qualification", *evidence, *judged)
        ],
        "states": list(AddressStateRow.objects.order_by("address_key").values(*STATE)),
    }


BETWEEN: dict[str, tuple[Step, Step]] = {
    "nothing": (nothing, nothing),
    "a rule": (nothing, apply),
    "a rule that wants a second error": (nothing, partial(apply, confirm=2)),
    "a rule for review": (nothing, partial(apply, review=True)),
    "a rule for review from the start": (partial(apply, review=True), nothing),
    "a text is ignored": (nothing, ignored),
}


@pytest.mark.parametrize("accepted", [every, each])
@pytest.mark.parametrize(("before", "between"), BETWEEN.values(), ids=BETWEEN.keys())
def test_accepted_is_as_if_it_had_been_trusted(before: Step, between: Step, accepted: Step) -> None:
    """A first return with the text is trusted in both, so that there is something to be ignored."""
    first = dsn("first@else.example", status="5.0.0", text=MOON.format("first@else.example"), date=at(hours=-1))
    later = [*mails(), *mails(text=OTHER)]

    def taken(required: Trust) -> None:
        begin_anew()
        before()
        came(first, required=Trust.UNVERIFIED)
        came(*later, required=required)

    taken(Trust.UNVERIFIED)
    between()
    control = stored()
    taken(Trust.MATCHED)
    between()
    assert stored() != control
    accepted()
    assert stored() == control


@pytest.mark.parametrize("accepted", [every, each])
def test_an_accepted_text_is_seen_for_the_first_time(accepted: Step) -> None:
    came(*mails())
    accepted()
    assert why_not("m0@else.example") == ["first_sight"]
    assert why_not("m1@else.example") == [""]
    text = Qualification.objects.get()
    assert (text.count, text.status) == (4, QualificationStatus.TO_QUALIFY)
    assert (text.first_seen_at, text.last_seen_at) == (at(), at(hours=3))
    assert decide(practice(), decision(text.pk), because="b").failures == 4
    assert state("m0@else.example").reason is Reason.USER_UNKNOWN


def test_a_rule_that_came_meanwhile_judges_and_its_undoing_takes_it_back() -> None:
    came(*mails())
    apply()
    every()
    assert set(EvidenceRow.objects.values_list("type", "rule")) == {("hard", "moon")}
    (operation,) = list_operations()
    undo(practice(), operation.number)
    assert set(EvidenceRow.objects.values_list("type", "rule", "reason")) == {("soft", "none", "not_defined")}
    assert Qualification.objects.get().status == QualificationStatus.TO_QUALIFY


def test_what_is_harmless_by_now_is_no_text_to_be_counted() -> None:
    came(*mails())
    apply(type=FailureType.IGNORED.value, reason="not_a_failure", cause="success")
    every()
    assert not Qualification.objects.exists()
    assert why_not("m0@else.example") == ["type_ignored"]


def test_a_message_is_marked_with_the_verdict_of_today() -> None:
    (row,) = sent()
    row.message_id = "plain@shop.example"
    row.save()
    mail = dsn(row.address, status="5.0.0", text=MOON.format(row.address), message_id="plain@shop.example")
    came(mail, required=Trust.SIGNED)
    apply()
    every()
    row.refresh_from_db()
    assert (row.returned_at is not None, state(row.address).reason) == (True, Reason.USER_UNKNOWN)


def test_two_returns_with_one_piece_of_evidence_count_once() -> None:
    (mail,) = mails(1)
    for to in ("one@bounce.example", "two@bounce.example"):
        accept(mail, to=to, now=at(days=2))
    settler(rules=RulesInForce(make)).settle_all(lambda: at(days=2))
    assert (Unattributed.objects.count(), EvidenceRow.objects.count()) == (2, 1)
    each()
    assert Qualification.objects.get().count == 1
    assert why_not("m0@else.example") == ["first_sight"]


def test_accepting_raises_the_alert_that_the_returns_would_have_raised() -> None:
    came(*mails(12))
    assert list_alerts() == []
    every()
    (alert,) = list_alerts()
    assert (alert.count, alert.first_at, alert.last_at) == (12, at(), at() + timedelta(hours=11))


def test_a_forged_text_spends_no_first_sight_before_it_is_accepted() -> None:
    (row,) = sent()
    came(*mails(1))
    mail = dsn(row.address, status="5.0.0", text=MOON.format(row.address), date=at(hours=5))
    accept(mail, to=verp(row), now=at(days=2))
    settler(rules=RulesInForce(make)).settle_all(lambda: at(days=2))
    every()
    assert why_not(row.address)[-1] == "first_sight"
    assert why_not("m0@else.example") == [""]


def test_accepting_settling_and_a_decision_at_once_lose_nothing() -> None:
    """Whoever comes first: each return counts its text once, and one of them is its first sight."""
    rows = sent(6)
    came(*mails(30))
    for row in rows:
        text = MOON.format(row.address)
        accept(dsn(row.address, status="5.0.0", text=text, date=at(hours=5)), to=verp(row), now=at(days=2))
    at_once(every, every, came, apply)
    every()
    text = Qualification.objects.get()
    assert text.count == EvidenceRow.objects.filter(qualification=text.pk, trusted=True).count() == 36
    assert EvidenceRow.objects.get(first_sight=True).identity == text.first_identity
