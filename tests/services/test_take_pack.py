"""Packs of rules are taken: what is new comes in, what was decided here stays, and all can be undone."""

from datetime import timedelta

import pytest
from tests.services.event_fixtures import state
from tests.services.pack_fixtures import STRANGER, TODAY, packed, rule, take
from tests.services.practice_fixtures import came_later, decision, everything, failed, make, moons, number_of, practice

from rebond.core.words import AddressStatus, FailureType, Reason
from rebond.services.apply_rules import undo
from rebond.services.change_rules import apply_change, prepare_rules
from rebond.services.decide import decide, ignore
from rebond.services.take_pack import FRENCH_OUTCOME, Outcome
from rebond.store.models import AuditEntry, Qualification, RuleOperation
from rebond.store.read.rules import console_documents, find_operation

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

TOMORROW = TODAY + timedelta(days=1)
SUN = rule("sun", text="(?i)finds the sun", examples=["550 finds the sun"])


def test_a_pack_is_taken_as_one_operation_and_undone() -> None:
    moons()
    before = everything()
    looked = take(packed(rule(), rule("sun", text="(?i)finds the sun", examples=["550 finds the sun"])))
    assert looked.outcome is Outcome.TAKEN
    assert looked.operation
    assert looked.difference
    assert (looked.difference.new, looked.operation.failures) == (("acme/moon", "acme/sun"), 3)
    assert state("a0@shop.example").status is AddressStatus.QUARANTINED
    text = Qualification.objects.get()
    assert (text.status, text.rule) == ("keep", "acme/moon")
    operation = find_operation(looked.operation.number)
    assert operation
    assert operation.pack
    assert (operation.kind, operation.pack["name"], operation.pack["source"]) == ("update", "acme", "here")
    entry = AuditEntry.objects.get(action="rules.update")
    assert entry.after["pack"]["version"] == "2026-03-01"
    undo(practice(), operation.number)
    assert everything() == before


def test_what_came_in_meanwhile_says_where_its_rule_came_from() -> None:
    take(packed(rule()))
    came_later(failed("550 Zorglub finds the moon wrong for b@shop.example", "b@shop.example"))
    assert Qualification.objects.get().rule == "acme/moon"
    document = console_documents()["acme/moon"]
    assert document["pack"] == {"name": "acme", "source": "here", "version": "2026-03-01", "place": 0}


def test_the_same_pack_changes_nothing_the_second_time() -> None:
    moons()
    take(packed(rule()))
    before = everything()
    again = take(packed(rule()))
    assert (again.outcome, again.operation) == (Outcome.UNCHANGED, None)
    assert (everything(), RuleOperation.objects.count()) == (before, 1)


def test_a_dry_run_tells_and_writes_nothing() -> None:
    moons()
    before = everything()
    looked = take(packed(rule()), dry_run=True)
    assert looked.outcome is Outcome.DIFFERENT
    assert looked.effect
    assert (looked.effect.total.failures, looked.effect.total.entering) == (3, 3)
    assert (everything(), RuleOperation.objects.count()) == (before, 0)


def test_a_rule_of_this_site_survives_a_pack_that_contradicts_it() -> None:
    moons()
    decide(practice(), decision(number_of("moon"), type=FailureType.SOFT, reason=Reason.MAILBOX_FULL))
    before = everything()
    looked = take(packed(rule()))
    assert looked.outcome is Outcome.UNCHANGED
    assert looked.difference
    (conflict,) = looked.difference.conflicts
    assert conflict.rule == "acme/moon"
    assert "soft mailbox_full/quota here" in conflict.words
    assert everything() == before


def test_a_wider_rule_of_a_pack_does_not_touch_what_was_decided_here() -> None:
    moons()
    moons(text="550 Zorglub finds the sun wrong for {}")
    decide(practice(), decision(number_of("moon"), type=FailureType.SOFT, reason=Reason.MAILBOX_FULL))
    wide = rule("wide", text="(?i)zorglub finds", examples=["550 Zorglub finds the sun wrong for *"])
    assert take(packed(wide)).outcome is Outcome.TAKEN
    texts = dict(Qualification.objects.values_list("first_text", "reason"))
    assert sorted(texts.values()) == ["mailbox_full", "user_unknown"]
    assert Qualification.objects.get(first_text__contains="moon").reason == "mailbox_full"


def test_what_is_decided_here_afterwards_wins() -> None:
    moons()
    take(packed(rule()))
    changed = decision(number_of("moon"), type=FailureType.SOFT, reason=Reason.MAILBOX_FULL, again=True)
    decide(practice(), changed)
    assert Qualification.objects.get().reason == "mailbox_full"
    newer = take(packed(rule(text="(?i)moon wrong"), version=TOMORROW))
    assert newer.outcome is Outcome.UNCHANGED
    assert newer.difference
    assert [conflict.rule for conflict in newer.difference.conflicts] == ["acme/moon"]
    assert Qualification.objects.get().reason == "mailbox_full"


def test_a_text_that_is_ignored_here_stays_ignored() -> None:
    moons()
    ignore(practice(), [number_of("moon")], because="theirs")
    looked = take(packed(rule()))
    assert looked.difference
    assert [conflict.here for conflict in looked.difference.conflicts] == ["ignore"]
    assert Qualification.objects.get().status == "ignore"


def test_a_newer_version_changes_and_takes_away_its_own_rules_only() -> None:
    moons()
    sun = rule("sun", text="(?i)finds the sun", examples=["550 finds the sun"])
    take(packed(rule(), sun))
    star = rule("star", text="(?i)finds a star", examples=["550 finds a star"])
    take(packed(star, name="other"), source="there")
    softer = rule(type="soft", reason="mailbox_full", cause="quota")
    looked = take(packed(softer, version=TOMORROW))
    assert looked.difference
    assert (looked.difference.changed, looked.difference.gone) == (("acme/moon",), ("acme/sun",))
    assert set(console_documents()) == {"acme/moon", "other/star"}
    assert Qualification.objects.get().reason == "mailbox_full"


def test_an_older_version_is_not_taken_unless_it_is_asked_for() -> None:
    take(packed(rule(), version=TOMORROW))
    older = packed(rule(text="(?i)the moon wrong"))
    looked = take(older)
    assert (looked.outcome, looked.words) == (Outcome.OLDER, "version 2026-03-02 was taken already")
    assert take(older, again=True).outcome is Outcome.TAKEN


def test_a_newer_version_that_changes_nothing_here_is_remembered() -> None:
    take(packed(rule()))
    newest = packed(rule(), version=TODAY + timedelta(days=2))
    assert take(newest, dry_run=True).outcome is Outcome.UNCHANGED
    between = packed(rule(), SUN, version=TOMORROW)
    assert take(between, dry_run=True).outcome is Outcome.DIFFERENT
    assert take(newest).outcome is Outcome.UNCHANGED
    looked = take(between)
    assert (looked.outcome, looked.words) == (Outcome.OLDER, "version 2026-03-03 was seen already")
    assert take(packed(rule(), SUN, version=TODAY + timedelta(days=2))).outcome is Outcome.OLDER
    assert take(newest).outcome is Outcome.UNCHANGED
    assert take(packed(rule(), SUN, version=TODAY + timedelta(days=3))).outcome is Outcome.TAKEN


def test_a_newer_version_that_is_refused_is_remembered() -> None:
    lost = packed(rule(examples=["550 says something else"]), version=TOMORROW)
    assert take(lost).outcome is Outcome.REFUSED
    assert take(packed(rule())).outcome is Outcome.OLDER
    assert take(packed(rule()), again=True).outcome is Outcome.TAKEN
    assert take(lost).outcome is Outcome.REFUSED


def test_what_one_source_gave_says_nothing_of_the_packs_of_another() -> None:
    moons()
    decide(practice(), decision(number_of("moon"), type=FailureType.SOFT, reason=Reason.MAILBOX_FULL))
    assert take(packed(rule(), version=TOMORROW, key=STRANGER), source="there").outcome is Outcome.UNCHANGED
    assert take(packed(SUN), source="there").outcome is Outcome.OLDER
    assert take(packed(SUN), source="here").outcome is Outcome.TAKEN


def test_what_was_undone_does_not_come_back_by_itself() -> None:
    taken = take(packed(rule()))
    assert taken.operation
    undo(practice(), taken.operation.number)
    looked = take(packed(rule(), version=TOMORROW))
    assert looked.outcome is Outcome.UNDONE
    assert "undone by cli:eve" in looked.words
    assert console_documents() == {}
    newer = take(packed(rule(text="(?i)moon wrong"), SUN, version=TOMORROW))
    assert newer.difference
    assert (newer.difference.new, newer.difference.conflicts[0].here) == (("acme/sun",), "removed")
    assert set(console_documents()) == {"acme/sun"}
    assert take(packed(rule(), SUN, version=TOMORROW), again=True).outcome is Outcome.TAKEN
    assert set(console_documents()) == {"acme/moon", "acme/sun"}
    assert take(packed(rule(), SUN, version=TOMORROW)).outcome is Outcome.UNCHANGED


def test_of_two_packs_of_one_day_the_first_is_kept() -> None:
    first, other = packed(rule()), packed(rule(), SUN)
    take(first)
    looked = take(other)
    assert (looked.outcome, looked.words.partition(":")[0]) == (
        Outcome.OLDER,
        "another pack of version 2026-03-01 was taken already",
    )
    assert take(other, again=True).outcome is Outcome.TAKEN
    assert take(first).outcome is Outcome.OLDER
    assert set(console_documents()) == {"acme/moon", "acme/sun"}


def test_a_rule_that_somebody_removed_does_not_come_back_by_itself() -> None:
    take(packed(rule()))
    remove = {"acme/moon": None}
    removed = apply_change(practice(), lambda: prepare_rules(practice(), remove), kind="apply", because="")
    looked = take(packed(rule(), version=TOMORROW))
    assert looked.difference
    assert [conflict.here for conflict in looked.difference.conflicts] == ["removed"]
    assert console_documents() == {}
    undo(practice(), removed.number)
    assert take(packed(rule(), version=TOMORROW)).outcome is Outcome.UNCHANGED
    assert set(console_documents()) == {"acme/moon"}


def test_removing_an_own_rule_is_not_taken_for_removing_that_of_a_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"acme/moon": {**rule(), "id": "acme/moon", "since": "2026-03-01"}}
    with monkeypatch.context() as before:
        before.setattr("rebond.services.change_rules.is_own_name", lambda _: True)  # as a site may have it from before
        apply_change(practice(), lambda: prepare_rules(practice(), own), kind="apply", because="")
    apply_change(practice(), lambda: prepare_rules(practice(), {"acme/moon": None}), kind="apply", because="")
    assert take(packed(rule())).outcome is Outcome.TAKEN


def test_nobody_replaces_the_rules_of_another_source() -> None:
    take(packed(rule()))
    looked = take(packed(rule(text="(?i)moon"), key=STRANGER, version=TOMORROW), source="there")
    assert looked.outcome is Outcome.REFUSED
    assert "comes from the source here" in looked.words
    assert console_documents()["acme/moon"]["text"] == "(?i)finds the moon wrong"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"examples": ["550 nothing of that"]}, "matched by no rule"),
        ({"text": "(?=moon)"}, "is refused"),
        ({"type": "hard", "reason": "mailbox_full", "cause": "quota"}, "refused"),
        ({"source": "a\0b"}, "signs that no text holds"),
        ({"text": "."}, "its pattern is too wide, it matches 'x' too"),
    ],
)
def test_a_pack_with_a_rule_that_does_not_hold_changes_nothing(changes: dict[str, object], words: str) -> None:
    moons()
    before = everything()
    sun = rule("sun", text="(?i)finds the sun", examples=["550 finds the sun"])
    looked = take(packed(sun, rule(**changes)))
    assert looked.outcome is Outcome.REFUSED
    assert words in looked.words
    assert (everything(), RuleOperation.objects.count()) == (before, 0)


def test_imported_rules_stand_behind_own_ones_and_before_the_shipped() -> None:
    own = {"mine": {**rule("mine", text="(?i)moon"), "since": "2026-03-01"}}
    apply_change(practice(), lambda: prepare_rules(practice(), own, with_examples=False), kind="apply", because="")
    take(packed(rule("wide", text="(?i)550 [a-z]+ the", examples=["550 finds the sun"])))
    order = [one.id for one in make(console_documents()).engine.pack.rules][:2]
    assert order == ["mine", "acme/wide"]


def test_each_outcome_has_its_word_in_french() -> None:
    assert set(FRENCH_OUTCOME) == set(Outcome)
