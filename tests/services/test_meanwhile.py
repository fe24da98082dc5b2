"""What came while an operation's rules were in force is judged by those that its undoing brings back."""

import pytest
from tests.core.given import policy
from tests.services.event_fixtures import NOW, state, took
from tests.services.pack_fixtures import TODAY, packed, rule, take
from tests.services.practice_fixtures import came_later, everything, failed, make, moons, practice
from tests.services.test_requalifying import applied, at_rest, moon_in_two_circumstances

from rebond.core.words import AddressStatus
from rebond.services.apply_rules import undo
from rebond.services.change_rules import apply_change, outdated_failures, prepare_requalifying, prepare_rules
from rebond.services.events import take_events
from rebond.store.models import EvidenceRow, Qualification
from rebond.store.read.rules import console_documents, list_operations, texts_of

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SOFT = {"type": "soft", "reason": "mailbox_full"}


def later(name: str, text: str = "550 Zorglub finds the moon wrong for {}") -> None:
    came_later(failed(text.format(f"{name}@shop.example"), f"{name}@shop.example", day=3))


def undo_last() -> None:
    undo(practice(), list_operations()[0].number)


def reasons() -> dict[str, str]:
    rows = EvidenceRow.objects.values_list("address", "reason")
    return {address.partition("@")[0]: reason for address, reason in rows}


def test_by_the_version_of_a_rule_that_was_replaced() -> None:
    moons(1)
    applied("site-moon")
    before = everything()
    applied("site-moon", **SOFT)
    later("b")
    assert reasons() == {"a0": "mailbox_full", "b": "mailbox_full"}
    undo_last()
    assert reasons() == {"a0": "user_unknown", "b": "user_unknown"}
    assert state("b@shop.example").status is AddressStatus.QUARANTINED
    assert everything()["texts"] == [{**text, "count": 2} for text in before["texts"]]
    assert at_rest()


def test_by_a_rule_that_is_put_back() -> None:
    moons(1)
    applied("site-moon")
    removed = practice()
    apply_change(removed, lambda: prepare_rules(removed, {"site-moon": None}), kind="apply", because="")
    later("b")
    undo_last()
    assert reasons() == {"a0": "user_unknown", "b": "user_unknown"}
    assert at_rest()


def test_by_the_rules_that_know_a_text_first_seen_meanwhile() -> None:
    moons(1)
    applied("site-moon", text="(?i)finds the moon")
    applied("site-moon", text="(?i)finds the", **SOFT)
    later("b", text="550 5.1.1 Zorglub finds the sun wrong for {}")
    later("c", text="550 Zorglub finds the star wrong for {}")
    undo_last()
    assert reasons() == {"a0": "user_unknown", "b": "user_unknown", "c": "not_defined"}
    rules = dict(Qualification.objects.values_list("first_text", "rule"))
    assert {text.split()[-4]: rule for text, rule in rules.items()} == {
        "moon": "site-moon",
        "sun": "code:5.1.1",
        "star": "none",
    }
    assert at_rest()


def test_by_the_version_of_a_pack_before() -> None:
    moons(1)
    take(packed(rule()))
    take(packed(rule(**SOFT, cause="quota"), version=TODAY.replace(day=2)))
    later("b")
    undo_last()
    assert reasons() == {"a0": "user_unknown", "b": "user_unknown"}
    assert at_rest()


def test_what_was_there_is_as_it_was_in_each_circumstance() -> None:
    moon_in_two_circumstances()
    before = everything()
    applied("site-full", smtp="452", type="soft", reason="unreachable")
    undo_last()
    assert everything() == before


def test_what_is_judged_by_other_rules_than_those_in_force_is_counted() -> None:
    moons(2)
    assert outdated_failures(practice()) == 0
    before = make(console_documents())
    applied("site-moon")
    operation = list_operations()[0].number
    # A batch that began before the rules changed, and ends after.
    line = failed("550 Zorglub finds the moon wrong for c@shop.example", "c@shop.example")
    take_events([line], policy=policy(), qualifier=before, now=NOW)
    took(failed("550 something else", "d@x.example"))
    assert outdated_failures(practice()) == outdated_failures(practice(), texts=texts_of(operation)) == 1
    assert outdated_failures(practice(), texts=()) == 0
    apply_change(practice(), lambda: prepare_requalifying(practice()), kind="apply", because="")
    assert outdated_failures(practice()) == 0
