"""Nothing moves very many addresses into quarantine, and no very wide rule comes in, unless a person means it."""

import pytest
from tests.services.pack_fixtures import opened, packed, rule, source
from tests.services.practice_fixtures import came_later, decision, everything, failed, moons, number_of, practice

from rebond.core.words import FailureType, Reason
from rebond.services.apply_rules import Practice, undo
from rebond.services.change_rules import apply_change, prepare_rules
from rebond.services.decide import decide, ignore
from rebond.services.errors import RefusedError
from rebond.services.quarantine_bound import QuarantineBound, TooManyEnterError
from rebond.services.take_pack import Looked, Outcome, take_pack
from rebond.services.update_rules import update_rules
from rebond.store.models import RuleOperation
from rebond.store.read.rules import console_documents

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SUN = "550 Zorglub finds the sun wrong for {}@shop.example"


def at_most(addresses: int, *, percent: float = 0, anyway: bool = False) -> Practice:
    return practice("job", bound=QuarantineBound(addresses=addresses, percent=percent), anyway=anyway)


def take(data: bytes, given: Practice, **options: bool) -> Looked:
    return take_pack(given, opened(data), source="here", where="a.zip", **options)


def test_a_pack_that_moves_too_many_into_quarantine_is_held_back() -> None:
    moons(3)
    before = everything()
    looked = take(packed(rule()), at_most(2))
    assert (looked.outcome, looked.words.partition(":")[0]) == (
        Outcome.HELD,
        "it would move 3 addresses into quarantine, more than the 2 that may enter at once",
    )
    assert "look at rebond rules update here --dry-run, then take it with --anyway" in looked.words
    assert (everything(), RuleOperation.objects.count()) == (before, 0)
    tried = take(packed(rule()), at_most(2), dry_run=True)
    assert (tried.outcome, "--anyway takes it" in tried.words) == (Outcome.DIFFERENT, True)
    assert take(packed(rule()), at_most(3), dry_run=True).words == ""
    assert take(packed(rule()), at_most(2, anyway=True), dry_run=True).words == ""
    assert take(packed(rule()), at_most(2, anyway=True)).outcome is Outcome.TAKEN


@pytest.mark.parametrize(("percent", "outcome"), [(100, Outcome.HELD), (150, Outcome.TAKEN)])
def test_where_many_are_known_more_may_enter(percent: float, outcome: Outcome) -> None:
    moons(3)  # two of which have a state: the first sight of a text counts against nobody
    assert take(packed(rule()), at_most(1, percent=percent)).outcome is outcome


def test_failures_are_not_addresses() -> None:
    moons(2, days=3)
    assert take(packed(rule()), at_most(2)).outcome is Outcome.TAKEN


def test_the_packs_of_one_update_count_together() -> None:
    moons(2)
    came_later(*(failed(SUN.format(f"b{number}"), f"b{number}@shop.example") for number in range(2)))
    sun = packed(rule("sun", text="(?i)finds the sun", examples=["550 finds the sun"]), name="other")
    sources = [source(packed(rule()), name="one"), source(sun, name="two")]
    tried = update_rules(at_most(3), sources, dry_run=True)
    assert [bool(one.words) for one in tried] == [False, True]
    looked = update_rules(at_most(3), sources)
    assert [one.outcome for one in looked] == [Outcome.TAKEN, Outcome.HELD]
    assert [one.outcome for one in update_rules(at_most(3), sources)] == [Outcome.UNCHANGED, Outcome.TAKEN]


def test_a_decision_that_moves_too_many_is_refused_unless_it_is_meant() -> None:
    moons(3)
    text = number_of("Zorglub")
    with pytest.raises(TooManyEnterError, match=r"move 3 addresses into quarantine.*or say --anyway"):
        decide(at_most(2), decision(text))
    assert console_documents() == {}
    done = decide(at_most(2, anyway=True), decision(text))
    undo(practice(), done.number)
    assert decide(at_most(2), decision(text, type=FailureType.SOFT, reason=Reason.MAILBOX_FULL)).failures == 3


def test_a_text_that_is_ignored_no_longer_counts_too() -> None:
    moons(3)
    text = number_of("Zorglub")
    decide(practice(), decision(text))
    ignore(practice(), [text], because="theirs")
    anew = decision(text, pattern="(?i)moon wrong", again=True)
    with pytest.raises(TooManyEnterError):
        decide(at_most(2), anew)
    assert decide(at_most(3), anew).texts == 1


def test_a_rule_that_matches_nearly_everything_is_refused_unless_it_is_meant() -> None:
    moons(1)
    text = number_of("Zorglub")
    with pytest.raises(RefusedError, match=r"is too wide, its pattern matches 'x' too"):
        decide(practice(), decision(text, pattern="."))
    wide = {"mine": {**rule("mine", text="(?i)message", examples=["a message"]), "since": "2026-03-01"}}
    with pytest.raises(RefusedError, match="rule mine is too wide, its pattern matches spam and a mail that is too"):
        prepare_rules(practice(), wide)
    meant = practice(anyway=True)
    apply_change(meant, lambda: prepare_rules(meant, wide), kind="apply", because="")
    assert decide(practice(), decision(text)).rules  # what is in force already stands in nobody's way
