"""A text is decided: the rule, the stored failures, the addresses; and all of it taken back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.services.event_fixtures import empty_tables, state
from tests.services.practice_fixtures import (
    MOON,
    came_later,
    decision,
    everything,
    failed,
    make,
    moons,
    number_of,
    practice,
)

from rebond.core.words import AddressStatus, FailureType, QualificationStatus, Reason
from rebond.services.apply_rules import begin, carry_on, carry_on_all, undo
from rebond.services.change_rules import Change, apply_change, effect_of, prepare_requalifying, prepare_rules
from rebond.services.decide import decide, ignore, prepare_decision, prepare_ignoring
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.recompute import fold_needed
from rebond.store.models import (
    AuditEntry,
    ConsoleRule,
    EvidenceRow,
    Qualification,
    QualificationChange,
    Requalified,
    RuleOperation,
    VerdictChange,
)
from rebond.store.read.evidence import AddressKey
from rebond.store.read.rules import Step, list_operations

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
QUARANTINED, ERRONEOUS, VALID = AddressStatus.QUARANTINED, AddressStatus.ERRONEOUS, AddressStatus.VALID


def test_a_back_test_tells_who_would_enter_and_writes_nothing() -> None:
    moons()
    before = everything()
    change = prepare_decision(practice(), decision(number_of("Zorglub")))
    found = effect_of(practice(), change)
    assert (found.total.failures, found.total.entering, found.total.leaving) == (3, 3, 0)
    assert found.by_delivery[None].entering == 3
    assert found.statuses == {"valid → quarantined": 1, "erroneous → quarantined": 2}
    assert everything() == before
    assert list_operations() == []


def test_to_decide_what_is_decided_so_has_no_effect_and_says_so() -> None:
    moons()
    text = number_of("Zorglub")
    decide(practice(), decision(text))
    with pytest.raises(RefusedError, match=r"no effect: rule site-user-unknown-\w+ decides so already"):
        prepare_decision(practice(), decision(text, again=True))
    other = effect_of(practice(), prepare_decision(practice(), decision(text, pattern="(?i)moon wrong", again=True)))
    assert (other.no_effect, other.addresses, len(other.plan.changes)) == (True, 0, 1)
    soft = decision(text, again=True, type=FailureType.SOFT, reason=Reason.MAILBOX_FULL)
    told = effect_of(practice(), prepare_decision(practice(), soft))
    assert (told.no_effect, told.addresses) == (False, 3)


def test_an_ignored_text_that_is_decided_as_before_counts_again() -> None:
    moons()
    text = number_of("Zorglub")
    decide(practice(), decision(text))
    before = everything()
    ignored = ignore(practice(), [text], because="theirs")
    change = prepare_decision(practice(), decision(text, again=True))
    told = effect_of(practice(), change)
    assert (told.no_effect, told.total.failures, told.total.entering, told.addresses) == (False, 0, 3, 3)
    again = decide(practice(), decision(text, again=True))
    assert everything() == before
    undo(practice(), again.number)
    undo(practice(), ignored.number)
    assert everything() == before


def test_a_decision_makes_a_rule_and_acts_on_what_is_stored_and_on_what_comes() -> None:
    moons()
    operation = decide(practice(), decision(number_of("Zorglub")), because="their page says so")
    row = Qualification.objects.get()
    assert (row.status, row.type, row.reason, row.count) == ("keep", "hard", "user_unknown", 3)
    assert {state(f"a{n}@shop.example").status for n in range(3)} == {QUARANTINED}
    rule = ConsoleRule.objects.get()
    assert row.rule == rule.name == operation.rules[0]
    assert [example["text"] for example in rule.document["examples"]] == [row.first_text]
    assert (operation.step, operation.failures, operation.texts) == (Step.DONE, 3, 1)
    came_later(failed(MOON.format("new@shop.example"), "new@shop.example", day=2))
    assert state("new@shop.example").status is QUARANTINED
    audit = AuditEntry.objects.get()
    assert (audit.action, audit.actor, audit.because) == ("rules.decide", "cli:eve", "their page says so")


def test_undo_brings_back_every_row_and_judges_again_what_came_meanwhile() -> None:
    moons(days=2)
    before = everything()
    operation = decide(practice(), decision(number_of("Zorglub")))
    assert everything() != before
    undo(practice(), operation.number)
    assert everything() == before
    again = decide(practice(), decision(number_of("Zorglub")))
    came_later(failed(MOON.format("new@shop.example"), "new@shop.example", day=5))
    assert state("new@shop.example").status is QUARANTINED
    undone = undo(practice("cli:bob"), again.number)
    assert (undone.step, undone.undone_by) == (Step.UNDONE, "cli:bob")
    assert state("new@shop.example").status is ERRONEOUS
    assert set(EvidenceRow.objects.values_list("reason", flat=True)) == {"not_defined"}
    with pytest.raises(RefusedError, match="undone already"):
        undo(practice(), again.number)


def test_the_second_of_two_is_told() -> None:
    moons()
    number = number_of("Zorglub")
    decide(practice(), decision(number))
    with pytest.raises(RefusedError, match=r"decided already by cli:eve at .* \(operation"):
        decide(practice("cli:bob"), decision(number, reason=Reason.MAILBOX_FULL, type=FailureType.SOFT))
    assert ConsoleRule.objects.count() == 1
    decide(practice("cli:bob"), decision(number, pattern="moon wrong for", again=True, name="site-moon"))


def test_what_cannot_be_decided_is_refused_in_words() -> None:
    moons()
    number = number_of("Zorglub")
    with pytest.raises(NotFoundError, match="no qualification 999"):
        decide(practice(), decision(999))
    with pytest.raises(InputError, match="site-user-unknown"):
        decide(practice(), decision(number, pattern="the sun"))
    with pytest.raises(InputError, match="is refused"):
        decide(practice(), decision(number, pattern="(?=moon)"))
    with pytest.raises(InputError, match="cannot be hard"):
        decide(practice(), decision(number, reason=Reason.MAILBOX_FULL))
    assert list_operations() == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("acme/moon", "with / in its id comes in a pack"), ("My Rule", "never be given out"), ("é" * 3, "letters")],
)
def test_an_id_that_no_rule_of_a_site_can_have_is_refused(name: str, words: str) -> None:
    moons()
    with pytest.raises(InputError, match=words):
        decide(practice(), decision(number_of("Zorglub"), name=name))
    assert list_operations() == []


def test_an_ignored_text_frees_whom_it_put_there_and_undo_puts_them_back() -> None:
    moons(1, days=6)
    assert state("a0@shop.example").status is QUARANTINED
    before = everything()
    tried = effect_of(practice(), prepare_ignoring([number_of("Zorglub")]))
    assert (tried.total.leaving, tried.total.failures, tried.plan.failures) == (1, 0, EvidenceRow.objects.count())
    assert tried.statuses == {"quarantined → valid": 1}
    assert everything() == before
    operation = ignore(practice(), [number_of("Zorglub")], because="their fault")
    assert state("a0@shop.example").status is VALID
    assert Qualification.objects.get().status == QualificationStatus.IGNORE.value
    with pytest.raises(RefusedError, match="decided already"):
        ignore(practice(), [number_of("Zorglub")], because="")
    undone = undo(practice(), operation.number, because="they mended it")
    assert undone.undone_because == "they mended it"
    assert [one.undone_because for one in list_operations()] == ["they mended it"]
    assert everything() == before


def test_a_later_operation_on_the_same_text_is_undone_first() -> None:
    moons()
    number = number_of("Zorglub")
    first = decide(practice(), decision(number))
    second = ignore(practice(), [number], because="")
    with pytest.raises(RefusedError, match=rf"\({second.number}\)"):
        undo(practice(), first.number)
    undo(practice(), second.number)
    undo(practice(), first.number)
    assert Qualification.objects.get().status == "to_qualify"


def test_the_rules_in_force_can_be_held_against_what_is_stored() -> None:
    moons()
    decide(practice(), decision(number_of("Zorglub")))
    assert prepare_requalifying(practice()).plan.changes == ()
    EvidenceRow.objects.update(type="soft", reason="mailbox_full", cause="quota")
    Qualification.objects.update(type="soft", reason="mailbox_full", cause="quota")
    name = ConsoleRule.objects.get().name
    assert prepare_requalifying(practice(), [name]).plan.changed == 3
    assert prepare_requalifying(practice(), [make({}).engine.pack.rules[0].id]).plan.changed == 0
    with pytest.raises(NotFoundError, match="no rule is called"):
        prepare_requalifying(practice(), ["nothing"])


KINDS = st.tuples(st.sampled_from(["zorglub", "wrong", "moon", "sun", "finds"]), st.sampled_from(["hard", "soft"]))


@settings(max_examples=8)
@given(st.lists(KINDS, min_size=1, max_size=4))
def test_undoing_random_rule_changes_brings_everything_back(changes: list[tuple[str, str]]) -> None:
    empty_tables()
    for model in (ConsoleRule, RuleOperation, QualificationChange, VerdictChange, Requalified):
        model.objects.all().delete()
    moons(days=2)
    moons(2, text="550 Zorglub finds the sun bright for {}")
    seen, numbers = [everything()], []
    for place, (word, kind) in enumerate(changes):
        reason = "user_unknown" if kind == "hard" else "mailbox_full"
        rule = {"id": f"site-{place}", "text": f"(?i){word}", "type": kind, "reason": reason, "since": "2026-01-01"}
        wanted = {rule["id"]: {**rule, "source": "t", "examples": []}}

        def prepare(wanted: dict[str, Any] = wanted) -> Change:
            return prepare_rules(practice(), wanted, with_examples=False)

        numbers.append(apply_change(practice(), prepare, kind="apply", because="").number)
        seen.append(everything())
    for number in reversed(numbers):
        assert everything() == seen.pop()
        undo(practice(), number)
    assert everything() == seen.pop()
    assert not Requalified.objects.exists()


def test_an_interrupted_operation_is_carried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    moons(5)
    monkeypatch.setattr("rebond.services.apply_rules.PAGE", 2)
    change = prepare_decision(practice(), decision(number_of("Zorglub")))
    number = begin(practice(), change.plan, kind="decide", because="", rules=change.rules, seen=change.seen)

    def stop(done: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_on(practice(), number, on_progress=stop)
    assert EvidenceRow.objects.filter(type="hard").count() == 2
    (operation,) = carry_on_all(practice())
    assert (operation.number, operation.failures) == (number, 5)
    assert {state(f"a{n}@shop.example").status for n in range(5)} == {QUARANTINED}
    assert carry_on_all(practice()) == []


def test_applying_and_undoing_fold_exactly_the_addresses_that_are_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    moons(7, days=2)
    moons(5, text="550 Zorglub finds the sun bright for {}")  # a0 to a4 have both texts
    moons(9, text="550 5.1.1 {} is unknown")
    came_later(failed("452 4.2.2 over quota", "full@shop.example"), failed("550 Zorglub", "other@shop.example"))
    before, folded = everything(), set[str]()

    def spied(addresses: dict[AddressKey, str], *rest: Any, **policy: Any) -> Any:
        folded.update(address.key for address in addresses)
        return fold_needed(addresses, *rest, **policy)

    monkeypatch.setattr("rebond.services.apply_rules.fold_needed", spied)
    operation = decide(practice(), decision(number_of("moon wrong")))
    touched = {f"a{number}@shop.example" for number in range(7)}
    assert folded == touched
    folded.clear()
    undo(practice(), operation.number)
    assert folded == touched
    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": "moon\0wrong"}, "it holds signs that no text holds"),
        ({"source": "a\x9btest"}, "it holds signs that no text holds"),
        ({"text": "m" * 2001}, "it holds a pattern larger than 2,000 signs, repeats written out"),
        ({"text": "(a.{0,1000}){20}"}, "it holds a pattern larger than 2,000 signs, repeats written out"),
        ({"text": 5}, "it holds what is no text as its text"),
    ],
)
def test_what_no_database_or_pack_would_take_is_refused(changes: dict[str, object], words: str) -> None:
    document = {"id": "ours", "text": "moon", "type": "soft", "reason": "mailbox_full", "since": "2026-03-01"}
    document |= {"source": "a test", "examples": ["a\x9fmoon"]}
    prepare_rules(practice(), {"ours": document})
    with pytest.raises(InputError, match=f"rule ours is refused: {words}"):
        prepare_rules(practice(), {"ours": document | changes})
